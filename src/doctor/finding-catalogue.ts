// Every finding: its stable code, how bad it usually is, and the fix for each kind of gateway. Only types come in here.
import type { GatewayKind, Severity } from './finding-kinds.js'

export interface FindingEntry {
  readonly title: string
  readonly severity: Severity
  readonly fixes: Readonly<Partial<Record<GatewayKind, string>>> & { readonly other: string }
}

const recipes = 'Compare with the recipe for your gateway in deploy/.'

/** A code is stable: once released it is never reused for another finding. */
export const findingCodes = [
  'gateway-unreachable',
  'lost-copies',
  'duplicate-copies',
  'host-numeric',
  'host-changed',
  'host-shadow',
  'client-address-missing',
  'trusted-hops',
  'body-cut',
  'connection-per-copy',
  'target-changed',
  'slow-receiver-holds-clients',
  'dead-receiver-harms-clients',
  'early-close-loses-copies',
  'gateway-refuses',
  'nothing-mirrored',
  'partly-mirrored',
  'mirror-target-missing',
  'mirror-location-public',
  'receiver-ejected',
  'grant-missing',
  'coverage-low',
  'coverage-unknown',
] as const
export type FindingCode = (typeof findingCodes)[number]

/** By code. */
export const findingCatalogue: Readonly<Record<FindingCode, FindingEntry>> = {
  'gateway-unreachable': {
    title: 'The gateway does not answer.',
    severity: 'serious',
    fixes: { other: 'Check --gateway, and whether a route takes --host and --path.' },
  },
  'lost-copies': {
    title: 'Copies do not arrive.',
    severity: 'serious',
    fixes: {
      nginx:
        'Check the address in proxy_pass of the mirror location, its error log, and that the location that serves --path has no `mirror off`.',
      envoy:
        'Check the address of the mirror cluster and its counters upstream_rq_pending_overflow and upstream_cx_connect_fail on the admin page; raise its circuit_breakers.',
      traefik: 'Check the mirror’s percent and maxBodySize, and the address of its server.',
      'gateway-api':
        'Check the RequestMirror filter’s backendRef, and for another namespace a ReferenceGrant: `mirrorwaf kube status`.',
      other: `Check that the gateway mirrors to the address given with --receive. ${recipes}`,
    },
  },
  'duplicate-copies': {
    title: 'Some requests are copied more than once; one attack is then reported several times.',
    severity: 'warning',
    fixes: {
      nginx: 'Put `proxy_next_upstream off;` into the mirror location, and name one mirror only.',
      envoy: 'Leave one request_mirror_policies entry per route, and no retry_policy for the mirror.',
      other: 'Mirror each request once.',
    },
  },
  'host-numeric': {
    title: 'Copies name an address as their host, not the host that the client asked for.',
    severity: 'warning',
    fixes: {
      nginx: 'Put `proxy_set_header Host $http_host;` into the mirror location.',
      traefik: 'Set passHostHeader: true in the mirror’s loadBalancer.',
      other: 'Keep the client’s Host in copies: events name it as the attacked host.',
    },
  },
  'host-changed': {
    title: 'Copies name another host than the one that the client asked for.',
    severity: 'warning',
    fixes: {
      nginx: 'Put `proxy_set_header Host $http_host;` into the mirror location.',
      envoy: 'Leave host_rewrite_* out of mirrored routes.',
      traefik: 'Set passHostHeader: true in the mirror’s loadBalancer.',
      other: 'Keep the client’s Host in copies: events name it as the attacked host.',
    },
  },
  'host-shadow': {
    title: 'Copies carry the host with the suffix -shadow.',
    severity: 'info',
    fixes: {
      envoy:
        'Nothing to do: mirrorwaf takes it off (--shadow-suffix auto). disable_shadow_host_suffix_append on the mirror policy keeps it from being added.',
      other:
        'Start mirrorwaf with --shadow-suffix always: the copies lack X-Envoy-Internal, which tells it that Envoy did this.',
    },
  },
  'client-address-missing': {
    title: 'Copies do not say which client sent the request; every event names the gateway.',
    severity: 'serious',
    fixes: {
      nginx: 'Put `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;` into the mirror location.',
      envoy: 'Set use_remote_address: true in the http_connection_manager, if Envoy is the edge.',
      haproxy:
        'Take deploy/haproxy/mirrorwaf.lua, which adds X-Forwarded-For itself: `option forwardfor` comes too late.',
      other: 'Let the gateway add the client’s address to X-Forwarded-For of copies.',
    },
  },
  'trusted-hops': {
    title: 'What a client forges in X-Forwarded-For reaches mirrorwaf in front of its real address.',
    severity: 'warning',
    fixes: { other: 'Start mirrorwaf with the --trusted-hops named above: entries beyond it are not believed.' },
  },
  'body-cut': {
    title: 'Bodies do not arrive whole: attacks in what is missing go unseen.',
    severity: 'serious',
    fixes: {
      nginx:
        'Leave mirror_request_body on and proxy_pass_request_body on; raise client_max_body_size in the mirror location as well.',
      envoy:
        'Use a current Envoy: 1.40 streams copies, old ones give up on bodies above 1 MiB. Raise per_connection_buffer_limit_bytes there.',
      traefik: 'Raise maxBodySize of the mirroring service (-1: no limit) and leave mirrorBody on.',
      haproxy: 'Raise tune.bufsize; what does not fit is not mirrored.',
      kong: 'Raise nginx_http_client_body_buffer_size: the plugin copies only bodies that Kong keeps in memory.',
      gateway: 'Raise --mirror-body-limit.',
      other: 'Raise the gateway’s limit on mirrored bodies.',
    },
  },
  'connection-per-copy': {
    title: 'Each copy opens a connection of its own, which costs the receiver three times as much.',
    severity: 'warning',
    fixes: {
      nginx:
        'Mirror to an `upstream` with `keepalive 32;`, and put `proxy_http_version 1.1;` and `proxy_set_header Connection "";` into the mirror location (nginx before 1.29.7).',
      envoy: 'Leave --hijack off and max_requests_per_connection unset for the mirror cluster.',
      other: 'Let the gateway keep its connections to the receiver, and leave --hijack off.',
    },
  },
  'target-changed': {
    title: 'Copies do not carry the target as the client sent it; the rules see something else.',
    severity: 'warning',
    fixes: {
      nginx: 'End proxy_pass of the mirror location with $request_uri.',
      envoy: 'Leave normalize_path, merge_slashes and path rewrites out of mirrored routes.',
      other: 'Mirror before paths are normalised or rewritten.',
    },
  },
  'slow-receiver-holds-clients': {
    title: 'A slow receiver holds up the next request of a client’s connection.',
    severity: 'warning',
    fixes: {
      nginx:
        'Put `proxy_connect_timeout 100ms; proxy_send_timeout 500ms; proxy_read_timeout 200ms;` into the mirror location: nginx waits for the answer to a copy.',
      other: 'Bound how long the gateway waits for the answer to a copy.',
    },
  },
  'dead-receiver-harms-clients': {
    title: 'Clients feel it when the receiver is gone.',
    severity: 'serious',
    fixes: {
      nginx:
        'Use the mirror directive, whose answer is ignored, and put `proxy_connect_timeout 100ms;` into its location.',
      other: `Let no client wait for a copy. ${recipes}`,
    },
  },
  'early-close-loses-copies': {
    title: 'After a copy that was closed without an answer, the gateway stops mirroring for a while.',
    severity: 'warning',
    fixes: {
      nginx:
        'Put max_fails=0 behind each `server` of the mirror’s upstream, and never use --hijack behind nginx: it takes an early close for a failed server.',
      envoy: 'Leave outlier_detection and health_checks out of the mirror cluster, and --hijack off.',
      other: 'Leave --hijack off, and health checks of the receiver out of the gateway.',
    },
  },
  'gateway-refuses': {
    title: 'The gateway refuses some odd requests itself; neither the primary nor mirrorwaf sees those.',
    severity: 'info',
    fixes: { other: 'Nothing to do.' },
  },
  'nothing-mirrored': {
    title: 'Nothing in the configuration mirrors.',
    severity: 'serious',
    fixes: {
      nginx: 'Add `mirror /.mirrorwaf;` and its location: deploy/nginx/nginx.conf.',
      envoy: 'Add `request_mirror_policies: [{ cluster: mirrorwaf }]` to each route: deploy/envoy/envoy.yaml.',
      'gateway-api': 'Run `mirrorwaf kube patch-httproutes`, or add a RequestMirror filter to each rule.',
      other: recipes,
    },
  },
  'partly-mirrored': {
    title: 'Part of the traffic is not mirrored.',
    severity: 'info',
    fixes: { other: 'Nothing to do if that is meant.' },
  },
  'mirror-target-missing': {
    title: 'The mirror points to something that is not there.',
    severity: 'serious',
    fixes: {
      nginx: 'Add the location that the mirror directive names.',
      envoy: 'Add the cluster that the mirror policy names.',
      other: 'Name an existing backend.',
    },
  },
  'mirror-location-public': {
    title: 'Clients can ask for the mirror’s location themselves.',
    severity: 'warning',
    fixes: { other: 'Put `internal;` into the mirror location.' },
  },
  'receiver-ejected': {
    title: 'The gateway may take the receiver out of use, and then mirrors nothing without saying so.',
    severity: 'warning',
    fixes: { other: 'Leave outlier_detection and health_checks out of the mirror cluster.' },
  },
  'grant-missing': {
    title: 'A route mirrors into another namespace without a ReferenceGrant there.',
    severity: 'serious',
    fixes: { other: 'Run `mirrorwaf kube patch-httproutes`, which makes the grant, or give it with --config too.' },
  },
  'coverage-low': {
    title: 'Requests that the gateways took were not analysed.',
    severity: 'warning',
    fixes: {
      other:
        'See which part is large: never_arrived is lost by the gateway or on the way, shed and partly_analysed here.',
    },
  },
  'coverage-unknown': {
    title: 'What the mirror loses is not known.',
    severity: 'info',
    fixes: { other: 'Start mirrorwaf with --coverage-source for each gateway, and check that it answers.' },
  },
}
