// A gateway in this process, on a free port, with a log that is kept.
import type { Test } from 'tap'
import { type Gateway, startGateway } from '#src/gateway/gateway.js'
import { type GatewayOptions, gatewayTable } from '#src/gateway/gateway-options.js'
import type { Log } from '#src/observe/log.js'
import { completeOptions } from '#src/options/resolve.js'

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly details: Readonly<Record<string, string | number>>
}

export interface TestGateway {
  readonly gateway: Gateway
  readonly port: number
  readonly lines: readonly LogLine[]
  /** Value of a metric, summed over its label sets unless some labels are given. */
  metric(name: string, labels?: string): Promise<number>
}

/** Starts a gateway that ends with the test. */
export async function startTestGateway(t: Test, given: Partial<GatewayOptions>): Promise<TestGateway> {
  const lines: LogLine[] = []
  const options = completeOptions(gatewayTable, {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    drainTimeoutMs: 100,
    ...given,
  })
  const gateway = await startGateway(options, createKeptLog(lines))
  t.teardown(() => gateway.stop())
  return {
    gateway,
    port: Number(gateway.address.split(':').at(-1)),
    lines,
    async metric(name, labels = '') {
      const text = await (await fetch(`http://${gateway.adminAddress}/metrics`)).text()
      const meant = text.split('\n').filter((line) => /^[ {]/.test(line.slice(name.length)) && line.startsWith(name))
      return meant
        .filter((line) => line.includes(labels))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
  }
}

function createKeptLog(lines: LogLine[]): Log {
  const at =
    (level: string): Log['info'] =>
    (message, details = {}) => {
      lines.push({ level, message, details })
    }
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    coded: (level, code, details) => at(level)(code, details),
    fault: (thrown) => at('error')(String(thrown)),
    flush: async () => {},
  }
}
