// What an error of the Kafka client says of each partition. A broker answers for partitions one by one: some may have taken their
// messages while another refused its own. Read by shape, because the client wraps such errors in several ways.
import { reasonOf } from '../errors.js'
import { listOf, recordOf } from '../json-shape.js'

export interface SendFault {
  readonly detail: string
  /** Partitions whose messages all replicas have. */
  readonly taken: ReadonlySet<number>
  /** Partitions whose messages no second try makes better. */
  readonly refused: ReadonlySet<number>
}

/** Kafka's codes for what no second try makes better: message too large, record list too large, invalid record. */
const finalCodes: ReadonlySet<number> = new Set([10, 18, 87])
/** Errors are nested two or three deep; what is deeper is not of this client's making. */
const deepest = 6

export function readSendFault(thrown: unknown): SendFault {
  const taken = new Set<number>()
  const refused = new Set<number>()
  for (const error of withCauses(thrown)) {
    const { produced, response } = recordOf(error)
    for (const offset of listOf(recordOf(produced)['offsets'])) note(taken, recordOf(offset)['partition'])
    for (const topic of listOf(recordOf(response)['responses'])) {
      for (const answer of listOf(recordOf(topic)['partitionResponses'])) {
        const { index, errorCode } = recordOf(answer)
        if (errorCode === 0) note(taken, index)
        else if (finalCodes.has(Number(errorCode))) note(refused, index)
      }
    }
  }
  return { detail: describe(thrown), taken, refused }
}

function note(partitions: Set<number>, partition: unknown): void {
  if (typeof partition === 'number') partitions.add(partition)
}

/** An error, those it is made of, and their causes. */
function* withCauses(thrown: unknown, depth: number = 0): Generator<unknown> {
  if (depth > deepest || typeof thrown !== 'object' || thrown === null) return
  yield thrown
  if (thrown instanceof AggregateError) for (const error of thrown.errors) yield* withCauses(error, depth + 1)
  if (thrown instanceof Error) yield* withCauses(thrown.cause, depth + 1)
}

/** The outer error says only that something failed; the reason stands inside. */
function describe(thrown: unknown, depth: number = 0): string {
  if (!(thrown instanceof Error) || depth > deepest) return reasonOf(thrown)
  if (thrown instanceof AggregateError) {
    const [first]: unknown[] = thrown.errors
    return first === undefined ? thrown.message : describe(first, depth + 1)
  }
  return thrown.cause instanceof Error ? `${thrown.message} ${describe(thrown.cause, depth + 1)}` : thrown.message
}
