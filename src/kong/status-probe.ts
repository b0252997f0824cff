// Asks a plugin server for its status, in its own protocol (MessagePack-RPC over the Unix socket), as Kong would.
import { connect } from 'node:net'

/** `[0, 1, "plugin.GetStatus", []]`: request, message 1. */
const question: Buffer = Buffer.concat([
  Buffer.of(0x94, 0x00, 0x01, 0xb0),
  Buffer.from('plugin.GetStatus'),
  Buffer.of(0x90),
])
/** The first bytes of `[1, 1, nil, status]`: answer, message 1, no error. What the status says is no matter. */
const goodAnswer: Buffer = Buffer.of(0x94, 0x01, 0x01, 0xc0)

/** Whether the plugin server behind a socket answers within the time. Never rejects. */
export function isAnswering(socketPath: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    let received: Buffer = Buffer.alloc(0)
    const finish = (answers: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answers)
    }
    const timer = setTimeout(() => finish(false), timeoutMs)
    socket.once('connect', () => socket.write(question))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      if (received.length >= goodAnswer.length) finish(received.subarray(0, goodAnswer.length).equals(goodAnswer))
    })
  })
}
