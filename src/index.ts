// The library: a receiver inside another program. Re-exports and the two entry functions only.

export type { ErrorCode, ErrorDetails } from './errors.js'
export { errorCatalogue, MirrorwafError } from './errors.js'
export type { HttpListener } from './listener/http-request-source.js'
export type { ServeOptions } from './options/serve-options.js'
export type { PipelineInfo } from './pipeline.js'
export type { MirrorListener, Receiver, ReceiverEvents, ReceiverOptions } from './receiver.js'
export { createReceiver, requestMirrorListener } from './receiver.js'
export type {
  EventBody,
  EventCondition,
  EventMatch,
  EventRequest,
  EventRule,
  SecurityEvent,
} from './verdict/event.js'
export { eventSchemaVersion } from './verdict/event.js'
export type { Outcome } from './verdict/outcome.js'
export { outcomes } from './verdict/outcome.js'
