// A connection that brings bytes in two pieces and then ends in one of the ways a client may end.
import type { Random } from '../../fuzz/random.js'
import { Client } from './client.js'

/** Sends the bytes, cut somewhere, then closes a side, both, or resets. */
export async function sendAndEnd(address: string, bytes: Buffer, random: Random): Promise<void> {
  const cut = random.below(bytes.length + 1)
  const ending = random.below(3)
  const client = await Client.connect(address)
  client.socket.write(bytes.subarray(0, cut))
  await new Promise((resolve) => setImmediate(resolve))
  client.socket.write(bytes.subarray(cut))
  if (ending === 0) client.end()
  else if (ending === 1) client.socket.destroySoon()
  else client.socket.resetAndDestroy()
  await new Promise((resolve) => setImmediate(resolve))
  if (ending === 0) await client.awaitEnd()
  client.close()
}
