// Streams of bytes that a receiver must read the same way however they are cut. Text is latin1: one character, one byte.

/** By what each one is about. */
export const corpus: Readonly<Record<string, string>> = {
  'a GET': 'GET /?x=$globals HTTP/1.1\r\nHost: app.example\r\nAccept: */*\r\n\r\n',
  'empty and padded header values': 'GET / HTTP/1.1\r\nA:\r\nB:   b \t\r\nC:c\r\n\r\n',
  'line ends before and between requests': '\r\n\r\nGET /1 HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n',
  'a body with its length': 'POST /p HTTP/1.1\r\nContent-Length: 11\r\n\r\nhello world',
  'a body of no bytes': 'POST /p HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n',
  'a body in chunks, with extensions and trailers':
    'POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n \r\nA\r\nworld12345\r\n0\r\nX-One: 1\r\nTwo:\r\n\r\n',
  'three requests in a row':
    'GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\n\r\n',
  'HTTP/1.0': 'GET /old HTTP/1.0\r\nHost: a\r\n\r\n',
  'a request that closes': 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
  'a trailer that says close':
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\nGET /next HTTP/1.1\r\n\r\n',
  'an upgrade with a body':
    'POST /u HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\nabcGET /next HTTP/1.1\r\n\r\n',
  CONNECT: 'CONNECT app.example:443 HTTP/1.1\r\nHost: app.example\r\n\r\n',
  'a target in absolute form': 'GET http://app.example:8080/p?q=1 HTTP/1.1\r\nHost: other\r\n\r\n',
  'OPTIONS for the server': 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'an unknown method with a body': 'FOO /?x=$globals HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello',
  'an unknown method with chunks':
    'FOO / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n',
  'UTF-8 in the target': 'GET /?x=\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n',
  'an odd header name': 'GET / HTTP/1.1\r\nX@Y: $globals\r\nB: b\r\n\r\n',
  'a line without a colon': 'GET / HTTP/1.1\r\nnonsense\r\nB: b\r\n\r\n',
  'bare line feeds': 'GET / HTTP/1.1\nA: a\nB: b\n\n',
  'a folded line': 'GET / HTTP/1.1\r\nA: a\r\n b\r\nC: c\r\n\r\n',
  'a line of white space': 'FOO / HTTP/1.1\r\nA: a\r\n \r\nC: c\r\n\r\n',
  'NUL in a value': 'GET / HTTP/1.1\r\nA: a\0b\r\n\r\n',
  'NUL in a target': 'GET /\0 HTTP/1.1\r\n\r\n',
  'length and encoding':
    'POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZ\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
  'two lengths': 'POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nabcdGET /smuggled HTTP/1.1\r\n\r\n',
  'a signed length': 'POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\nabcdGET /smuggled HTTP/1.1\r\n\r\n',
  'an unknown encoding': 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabcdGET /smuggled HTTP/1.1\r\n\r\n',
  'a chunk size that is none': 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\nrest',
  'a chunk longer than it says': 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n',
  'a trailer name that is none':
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGood: 1\r\n$glob@ls: 2\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  'a request cut in its head': 'GET /?x=$globals HTTP/1.1\r\nHost: a\r\nCoo',
  'a request cut in its body': 'POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf',
  'no request': 'hello\r\n\r\n',
  'HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'PROXY protocol 1': 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n',
  'PROXY protocol 2': '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04',
}
