// In Kong's place: passes requests to the primary and drives the plugin of deploy/kong over Kong's own wire protocol. Kong
// itself cannot be had from package registries; everything of ours that would run with it runs here.
import net from 'node:net'
import type { Test } from 'tap'
import { portOf } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { type HttpMessage, takeMessage } from './http-message.js'
import type { PdkAnswers } from './kong-wire.js'
import type { Packable } from './msgpack-encode.js'
import { type PluginServer, startPluginServer } from './plugin-server.js'
import { RawClient } from './raw-client.js'

/** As nginx's client_body_buffer_size in Kong: longer bodies are on disk, where the plugin cannot read them. */
const bodyBufferBytes = 8192

/** Starts the plugin server and the stand-in before it. Both end with the test `t`. */
export async function startKongStandIn(t: Test, ports: GatewayPorts): Promise<Gateway> {
  const plugin = await startPluginServer(t)
  const instance = await plugin.wire.startInstance('mirrorwaf', { receiver: `127.0.0.1:${ports.receiver}` })
  const sockets = new Set<net.Socket>()
  // Kong's worker asks one thing at a time on a connection.
  let turn: Promise<unknown> = Promise.resolve()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    let pending: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, Buffer.from(chunk)])
      const request = takeMessage(pending, 'no-body')
      if (request === undefined) return
      const bytes = pending.subarray(0, request.byteLength)
      pending = pending.subarray(request.byteLength)
      // What fails shows to the client, as a connection without an answer; at the end of a test it is the last log phase.
      const served = turn.then(() => serve(plugin, instance, ports.primary, socket, request, bytes))
      turn = served.catch(() => socket.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: portOf(server), process: plugin.process }
}

async function serve(
  { wire }: PluginServer,
  instance: number,
  primaryPort: number,
  socket: net.Socket,
  request: HttpMessage,
  bytes: Buffer,
): Promise<void> {
  const answers = answersFor(request, socket.remoteAddress ?? '')
  await wire.runPhase(instance, 'access', answers)
  const upstream = RawClient.connect(primaryPort)
  const { message } = await upstream.send(bytes)
  upstream.close()
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${message.body.length}\r\n\r\n`
  socket.write(Buffer.concat([Buffer.from(head), message.body]))
  await wire.runPhase(instance, 'log', answers)
}

/** A request as Kong's PDK describes it. */
function answersFor(request: HttpMessage, clientAddress: string): PdkAnswers {
  const [method = '', target = ''] = request.startLine.split(' ')
  const isOnDisk = request.body.length > bodyBufferBytes
  const shared = new Map<string, Packable>()
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, values]) => [name, [...values]]))
  return {
    'kong.request.get_method': () => method,
    'kong.request.get_path_with_query': () => Buffer.from(target, 'latin1').toString('utf8'),
    'kong.request.get_headers': () => headers,
    'kong.client.get_ip': () => clientAddress,
    'kong.request.get_http_version': () => 1.1,
    'kong.router.get_route': () => ({ request_buffering: true, protocols: ['http', 'https'] }),
    'kong.request.get_body': () => null,
    'kong.nginx.get_var': () => (isOnDisk ? '/usr/local/kong/client_body_temp/1' : null),
    'kong.request.get_raw_body': () => {
      if (isOnDisk) throw new Error('the body was asked for although it is on disk')
      return request.body
    },
    'kong.ctx.shared.set': (key, value) => {
      shared.set(String(key), String(value))
      return null
    },
    'kong.ctx.shared.get': (key) => shared.get(String(key)) ?? null,
  }
}
