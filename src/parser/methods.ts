// Method names by llhttp's method number (llhttp 9 `llhttp_method_t`; undici 7.30.2 lib/llhttp/constants.js METHODS).
// A test holds this list equal to the WASM build's own `llhttp_method_name`.

/** Index = the number `llhttp_get_method` returns. */
// biome-ignore format: a table by number reads better filled than one per line
export const methodNames: readonly string[] = [
  'DELETE', 'GET', 'HEAD', 'POST', 'PUT', 'CONNECT', 'OPTIONS', 'TRACE', 'COPY', 'LOCK', 'MKCOL', 'MOVE', 'PROPFIND',
  'PROPPATCH', 'SEARCH', 'UNLOCK', 'BIND', 'REBIND', 'UNBIND', 'ACL', 'REPORT', 'MKACTIVITY', 'CHECKOUT', 'MERGE',
  'M-SEARCH', 'NOTIFY', 'SUBSCRIBE', 'UNSUBSCRIBE', 'PATCH', 'PURGE', 'MKCALENDAR', 'LINK', 'UNLINK', 'SOURCE', 'PRI',
  'DESCRIBE', 'ANNOUNCE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER', 'SET_PARAMETER', 'REDIRECT', 'RECORD',
  'FLUSH', 'QUERY',
]

/** llhttp's number for CONNECT. */
export const connectMethodId: number = methodNames.indexOf('CONNECT')
