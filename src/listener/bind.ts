// Opens listening sockets: TCP with a dual-stack fallback, unix sockets with a stale file removed.
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, type ListenOptions, type Server } from 'node:net'
import { MirrorwafError, reasonOf } from '../errors.js'
import { formatAddress, type ListenAddress } from '../options/kinds/address.js'

export interface BindSettings {
  readonly backlog: number
  /** Mode bits of a unix socket. */
  readonly socketMode: number
  /** The option to name in an error, for example `--listen`. */
  readonly option: string
  /**
   * Whether the processes of one node:cluster listen on the address together. TCP on Linux: each has a socket of its own and
   * the kernel deals connections out (SO_REUSEPORT). Unix sockets and other systems: all accept from one socket that the
   * cluster's primary holds.
   */
  readonly isPortShared: boolean
}

/** Whether sockets of several processes may have one TCP address; elsewhere than on Linux the kernel would not share evenly. */
export const canReusePort: boolean = process.platform === 'linux'

type TcpAddress = Extract<ListenAddress, { readonly kind: 'tcp' }>

/** Errors of `listen` that mean this machine has no IPv6. */
const noIpv6Codes: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])

/**
 * Makes `server` listen on one address.
 * @returns the address as text, with the port that the system chose when 0 was asked for.
 * @throws MirrorwafError `MWAF_LISTENER_ADDRESS` when it is taken or not ours.
 */
export async function bind(server: Server, address: ListenAddress, settings: BindSettings): Promise<string> {
  if (address.kind === 'unix') return bindUnix(server, address.path, settings)
  try {
    await listenTcp(server, address, settings)
  } catch (cause) {
    if (address.host !== '::' || !noIpv6Codes.has(codeOf(cause))) throw addressError(address, settings, cause)
    await listenOrThrow(server, { kind: 'tcp', host: '0.0.0.0', port: address.port }, settings)
  }
  return describeTcp(server)
}

async function listenOrThrow(server: Server, address: TcpAddress, settings: BindSettings): Promise<void> {
  try {
    await listenTcp(server, address, settings)
  } catch (cause) {
    throw addressError(address, settings, cause)
  }
}

function listenTcp(server: Server, { host, port }: TcpAddress, settings: BindSettings): Promise<void> {
  const isOwn = settings.isPortShared && canReusePort
  return listen(server, { host, port, backlog: settings.backlog, exclusive: isOwn, reusePort: isOwn })
}

async function bindUnix(server: Server, path: string, settings: BindSettings): Promise<string> {
  const address: ListenAddress = { kind: 'unix', path }
  try {
    await removeStaleSocket(path)
    await listen(server, { path, backlog: settings.backlog })
    chmodSync(path, settings.socketMode)
  } catch (cause) {
    throw addressError(address, settings, cause)
  }
  return `unix:${path}`
}

/** A socket file that nobody listens on is left from a process that died; anything else is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isSocket()) return
  if (await isRefused(path)) unlinkSync(path)
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED'))
  })
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function describeTcp(server: Server): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return String(bound)
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`
}

function addressError(address: ListenAddress, settings: BindSettings, cause: unknown): MirrorwafError {
  const details = { address: formatAddress(address), option: settings.option, reason: reasonOf(cause) }
  return new MirrorwafError('MWAF_LISTENER_ADDRESS', details, cause)
}

function codeOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown) return String(thrown.code)
  return ''
}
