// The words that findings are sorted by: kinds of gateways, and how bad it is.

/** Kinds of gateways whose fixes are known; `gateway` is our own, `gateway-api` an HTTPRoute whatever runs it. */
export const gatewayKinds = [
  'nginx',
  'envoy',
  'traefik',
  'haproxy',
  'kong',
  'gateway',
  'gateway-api',
  'unknown',
] as const
export type GatewayKind = (typeof gatewayKinds)[number]

/** `serious`: attacks go unseen or clients are harmed; exit code 1. */
export const severities = ['serious', 'warning', 'info'] as const
export type Severity = (typeof severities)[number]
