// The floor: a receiver that parses nothing. What it costs is what node:net and the kernel cost; nobody on Node gets below.
// It counts bytes, because all requests of a run have the same size: node floor-process.js PORT REQUEST_BYTES ack|hijack
import { createServer, type Socket } from 'node:net'

const [port, requestBytes, mode] = process.argv.slice(2)
const size = Number(requestBytes)
const answer = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n')

createServer({ noDelay: true }, mode === 'hijack' ? hijack : acknowledge).listen(Number(port), '127.0.0.1', 4096)
process.once('SIGTERM', () => process.exit(0))

function acknowledge(socket: Socket): void {
  let missing = size
  socket.on('data', (chunk: Buffer) => {
    missing -= chunk.length
    while (missing <= 0) {
      missing += size
      socket.write(answer)
    }
  })
  socket.on('error', () => socket.destroy())
}

function hijack(socket: Socket): void {
  let missing = size
  socket.on('data', (chunk: Buffer) => {
    missing -= chunk.length
    if (missing <= 0) socket.end()
  })
  socket.on('error', () => socket.destroy())
}
