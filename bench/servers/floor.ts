// Starts the floor, the receiver that parses nothing.
import { fileURLToPath } from 'node:url'
import { acceptsConnections, findFreePort, startChild } from './child.js'
import { emptyReport, type RunningServer, type ServerKind, type StartRequest } from './server.js'

const processPath = fileURLToPath(new URL('./floor-process.js', import.meta.url))

/** @param nodeArguments - for Node itself, before the script; a self-test slows the floor down with them. */
export function floorServer(name = 'floor', nodeArguments: readonly string[] = []): ServerKind {
  return {
    name,
    start: async ({ mode, requestBytes, core }: StartRequest): Promise<RunningServer> => {
      const port = await findFreePort()
      const child = await startChild(
        {
          name,
          core,
          command: [process.execPath, ...nodeArguments, processPath, String(port), String(requestBytes), mode],
        },
        () => acceptsConnections(port),
      )
      return {
        pid: child.pid,
        port,
        flushMs: 0,
        burstBytes: Number.POSITIVE_INFINITY,
        report: async () => emptyReport,
        stop: child.stop,
      }
    },
  }
}
