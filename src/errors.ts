// Catalogue of every error code a user can meet, and the one error class.
// A code is stable: once released it is never reused for another fault. Each entry says what to do next.

/** What each code means and the way out; `{name}` is filled from `MirrorwafError.details`. */
export const errorCatalogue = {
  // options and commands
  MWAF_OPTIONS_UNKNOWN: 'Unknown option {option}. Accepted: see `mirrorwaf {command} --help`.',
  MWAF_OPTIONS_VALUE: '{source}: {value} is not accepted for {option}. Accepted: {accepted}.',
  MWAF_OPTIONS_FILE: 'Cannot read the configuration file {path}: {reason}. Give an existing YAML or JSON file.',
  MWAF_COMMAND_UNKNOWN: 'Unknown command {command}. Commands: {accepted}.',
  MWAF_COMMAND_ARGUMENT: '{argument}: {reason}.',

  // listener
  MWAF_LISTENER_ADDRESS: 'Cannot listen on {address}: {reason}. Choose a free address with {option}.',
  MWAF_LISTENER_CONNECTION_LIMIT:
    '--connection-limit {asked} is above {possible}, which is what the limit of open files allows. Raise `ulimit -n`.',
  MWAF_LISTENER_TLS: 'Cannot load the TLS {file}: {reason}.',

  // parser
  MWAF_PARSER_CONTRACT:
    'The llhttp build inside undici is not the one this was written for ({reason}). Install with `npm ci`.',

  // pool and workers
  MWAF_POOL_START: 'The inspection workers did not start: {reason}.',
  MWAF_POOL_WORKER:
    'An inspection worker failed ({cause}: {reason}); the request in its hand is lost, the rest of its batch runs again.',
  MWAF_POOL_CLOSED: 'The inspection pool is closed; nothing can be inspected.',

  // engine and ruleset
  MWAF_ENGINE_LOAD:
    'Cannot load the engine @datadog/native-appsec: {reason}. Reinstall with `npm ci` on a supported platform.',
  MWAF_RULESET_READ: 'Cannot read the ruleset {path}: {reason}. Give a readable JSON file with --rules.',
  MWAF_RULESET_INVALID:
    'The engine refuses the ruleset {path}: {reason}. Run `mirrorwaf rules --rules {path}` for the diagnostics.',
  MWAF_RULESET_TOO_FEW:
    'Only {loaded} rules were loaded, --min-rules asks for {required}. Run `mirrorwaf rules` to see which failed.',
  MWAF_APPSEC_DISABLED:
    'DD_APPSEC_ENABLED={value} disables inspection, so there is nothing to serve. Unset it or set it to true.',

  // prefilter
  MWAF_PREFILTER_CONTRADICTED:
    'The prefilter had cleared a request in which the engine found {rules} at {addresses}. The event was reported; {consequence}. Please report this fault with `mirrorwaf rules --output json`.',

  // verdict
  MWAF_REDACTION_PATTERN: 'The redaction pattern in {option} cannot be used: {reason}.',

  // sinks
  MWAF_SINK_TARGET: 'Cannot write events to {target}: {reason}.',
  MWAF_SINK_SPEC: 'Cannot use --events {target}: {reason}.',
  MWAF_SINK_WAITING:
    'Events for {target} wait: {reason}. They are tried again; what finds no room meanwhile is lost ({dropped} so far).',
  MWAF_SINK_WRITE:
    'Events for {target} are being lost ({dropped} so far): {reason}. The counts are in mirrorwaf_sink_dropped_total.',
  MWAF_SINK_RECOVERED: 'Events reach {target} again; {dropped} were lost since the start.',
  MWAF_REPORTER_FAILED:
    'The reporting thread does not work: {reason}. Without it no event and no metric gets out; once it has run, it is started again.',
  MWAF_REPORTER_LOSS:
    'With the reporting thread at most {events} events that its targets held were lost, and {history} of a history in memory. The counts are in mirrorwaf_sink_dropped_total; with --store FILE the history stays.',

  // coverage
  MWAF_COVERAGE_SOURCE:
    'The counters of {source} cannot be read: {reason}. What the mirror loses is not known until they can; check --coverage-source.',
  MWAF_COVERAGE_SOURCE_BACK: 'The counters of {source} can be read again.',

  // store
  MWAF_STORE_OPEN: 'Cannot keep events in {path}: {reason}. Give another file with --store.',
  MWAF_STORE_DAMAGED: 'The event store {path} is damaged ({reason}). It was moved to {moved}; a new one was begun.',
  MWAF_STORE_REOPEN:
    'The event store {path} cannot be opened again: {reason}. It is tried again and again; events wait, and what finds no room meanwhile is lost. Make room at its place.',

  // ui
  MWAF_UI_TOKEN:
    'The page needs a token: {reason}. Give a file that holds one of 16 characters or more with --ui-token-file.',
  MWAF_UI_FILES: 'The files of the page cannot be read: {reason}. Build with `npm start`, or install again.',

  // scan
  MWAF_SCAN_INPUT: 'Cannot scan {path}: {reason}.',
  MWAF_SCAN_FRAMING:
    'Framing was lost, and {bytes} bytes behind that were taken for the body of the request at hand. Requests among them were not read as such; give each connection a file of its own.',

  // kube
  MWAF_KUBE_CONFIG: 'Cannot use the kubeconfig {path}: {reason}. Name another with --kubeconfig or KUBECONFIG.',
  MWAF_KUBE_NO_CONTEXT:
    'No cluster to talk to: {reason}. Give --kubeconfig FILE, --context NAME or KUBECONFIG; in a pod, a service account.',
  MWAF_KUBE_UNREACHABLE:
    'Cannot reach the API server {server}: {reason}. Check the address, the network and --context.',
  MWAF_KUBE_REQUEST_TIMEOUT: 'The API server did not answer {request} within {timeoutMs} ms. Raise --request-timeout.',
  MWAF_KUBE_UNAUTHENTICATED:
    'The API server {server} does not accept the credentials of context {context}. Log in again.',
  MWAF_KUBE_RIGHTS_MISSING:
    'Rights are missing in the cluster: {missing}. Bind a role that has them; deploy/kustomize/components has such roles.',
  MWAF_KUBE_RESPONSE: 'The answer to {request} is not what a Kubernetes API server sends: {reason}. Check the address.',
  MWAF_KUBE_REFUSED: 'The API server refused {request} ({status}): {reason}',
  MWAF_KUBE_CONFLICT: '{object} changed {attempts} times while it was being patched. Run the command again.',
  MWAF_KUBE_NOT_KEPT: '{object}: the API server did not keep what was written: {reason}.',
  MWAF_KUBE_CRDS_ABSENT: 'The cluster has no Gateway API ({reason}). Install its CRDs, or check --context.',
  MWAF_KUBE_VERSION:
    'The cluster serves {kind} only as {served}; mirrorwaf needs {needed}. Install a newer release of the Gateway API.',
  MWAF_KUBE_NAMESPACE_ABSENT: 'There is no namespace {namespace}. Correct {option}.',
  MWAF_KUBE_SERVICE_ABSENT:
    'There is no Service {service} in namespace {namespace}. Deploy mirrorwaf first, or give --service and --namespace.',
  MWAF_KUBE_PORT_ABSENT: 'Service {service} has no port {port}; it has {ports}. Give one of them with --port.',
  MWAF_KUBE_SHARE_UNSUPPORTED:
    'The Gateway API of this cluster does not know {field} in {kind}; all requests would be mirrored. Leave it out, or install release 1.3 or newer.',
  MWAF_KUBE_NO_TERMINAL: '--prompt asks on a terminal, and there is none. Use --yes, or --dry-run to look first.',
  MWAF_KUBE_MANIFEST: 'Cannot use the manifest {path}: {reason}.',
  MWAF_KUBE_LEASE_LOST: 'The Lease {lease} went to {holder}: this instance stops, so that two never patch at once.',

  // gateway
  MWAF_GATEWAY_ABORTED: 'The exchange was ended by the gateway.',
  MWAF_GATEWAY_BODY_LIMIT: 'The request body is longer than {limit} bytes. Raise --body-limit if that is meant.',
  MWAF_GATEWAY_EXCHANGE: 'A request was not answered by its backend ({kind}: {reason}).',
  MWAF_GATEWAY_KEYS: 'Cannot read the API keys in {path}: {reason}. Give `NAME KEY` lines with --key-file.',
  MWAF_GATEWAY_MIRROR:
    'Copies do not reach the receiver {receiver}: {reason}. Clients notice nothing; lost copies are counted.',

  // doctor
  MWAF_DOCTOR_CONFIG:
    'Cannot check {path}: {reason}. Give an nginx configuration, an Envoy bootstrap, or Gateway API objects.',

  // kong
  MWAF_KONG_OFF: 'Plugins are off. Name their folder with --plugins-dir, and the plugins to load with --plugins.',
  MWAF_KONG_FOLDER: 'Cannot read the plugins folder {folder}: {reason}. Give an existing folder with --plugins-dir.',
  MWAF_KONG_PLUGIN:
    '{plugin} is not among those in {folder} ({available}). Name plugins of that folder with --plugins.',
  MWAF_KONG_PACKAGE: 'Cannot use {path}: {reason}. Run `npm ci` in the folder above the plugins folder.',
  MWAF_KONG_VERSION:
    'Package {package} is {found}, but the plugins need {wanted}. Run `npm ci` in the folder above the plugins folder.',
  MWAF_KONG_DUMP: 'The plugin server did not describe its plugins: {reason}.',
  MWAF_KONG_SERVER: 'The plugin server ended ({how}); it is started again in {delay_ms} ms.',
  MWAF_KONG_HEALTH: 'The plugin server left {misses} questions unanswered for {timeout_ms} ms each; it is ended.',

  // process
  MWAF_PROCESS_START: 'Process {number} did not start: {reason}.',
  MWAF_PROCESS_ENDED:
    'Process {number} ended ({reason}); {lost} requests in its hands are lost. A new one starts in {delayMs} ms.',
  MWAF_PROCESS_NODE:
    'Node {version} is too old for mirrorwaf. Use Node {required} or newer, or run it with `npm start`.',
  MWAF_PROCESS_UNCAUGHT: 'Unexpected internal error: {reason}. Please report it with the stack trace.',
} as const

/** A stable error code, `MWAF_<STAGE>_<FAULT>`. */
export type ErrorCode = keyof typeof errorCatalogue

/** Values that fill the placeholders of a catalogue entry. */
export type ErrorDetails = Readonly<Record<string, string | number>>

/**
 * The one error class that mirrorwaf throws.
 * `code` is stable, `message` is the catalogue entry with `details` filled in, `cause` the underlying error.
 */
export class MirrorwafError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(fillTemplate(errorCatalogue[code], details), cause === undefined ? undefined : { cause })
    this.name = 'MirrorwafError'
    this.code = code
    this.details = details
  }
}

/** For codes that come back from another thread or process as plain text. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

/** The human part of anything thrown: its message, or its text when it is no Error. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message
  return String(thrown)
}

function fillTemplate(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = details[name]
    return value === undefined ? placeholder : String(value)
  })
}
