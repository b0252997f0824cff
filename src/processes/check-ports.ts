// Whether the ports are free before several processes share them. Sockets that may share a port also share it with those of
// another mirrorwaf of the same user: started twice, the two would quietly take half of the copies each.
import { createServer } from 'node:net'
import { toListenAddress } from '../listen-address.js'
import { bind } from '../listener/bind.js'
import type { ServeOptions } from '../options/serve-options.js'

/**
 * Opens each port alone for a moment.
 * @throws MirrorwafError `MWAF_LISTENER_ADDRESS` for one that is taken or not ours.
 */
export async function checkPorts(options: ServeOptions): Promise<void> {
  const settings = { ...options, option: '--listen', isPortShared: false }
  for (const address of options.listen.map(toListenAddress)) {
    // A socket file is held by the cluster for all, and says itself when it is taken.
    if (address.kind === 'unix') continue
    const server = createServer((socket) => socket.destroy())
    await bind(server, address, settings)
    await new Promise((resolve) => server.close(resolve))
  }
}
