// A receiver in trouble costs the clients of the primary nothing: same status, same body, in about the same time.
import t, { type Test } from 'tap'
import { startEnvoy } from './support/envoy.js'
import { type StartGateway, setScene } from './support/mirroring-suite.js'
import { startNginx } from './support/nginx.js'
import { type Answer, RawClient, sendAlone } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { primaryAnswerBody } from './support/recording-backend.js'
import { requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { sleep } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const nginx = findProgram('nginx')
const envoy = findProgram('envoy')

interface GatewayUnderTest {
  readonly name: string
  readonly skip: string | false
  readonly start: StartGateway
}

const gateways: readonly GatewayUnderTest[] = [
  { name: 'nginx', skip: nginx.skip, start: (t, ports) => startNginx(t, nginx.path, 'nginx.conf', ports) },
  { name: 'Envoy', skip: envoy.skip, start: (t, ports) => startEnvoy(t, envoy.path, ports) },
]

const requestCount = 10
/**
 * No answer may take longer. The recipes let a copy hold up a client by at most 0.2 s; without their limits it is 15 s
 * with Envoy and 60 s with nginx. The rest is room for a busy machine.
 */
const answerLimitMs = 2_000

const body = JSON.stringify({ x: '$globals', padding: 'a'.repeat(100_000) })
const request = requestText({ target: '/?x=$globals', type: 'application/json', body })

function testAnswers(t: Test, answers: readonly Answer[]): void {
  t.strictSame(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.strictSame(new Set(answers.map(({ message }) => message.body.toString())), new Set([primaryAnswerBody]))
  const slowestMs = Math.max(...answers.map(({ durationMs }) => durationMs))
  t.ok(slowestMs < answerLimitMs, `the slowest answer took ${slowestMs.toFixed()} ms`)
}

/** Half of the requests on connections of their own, half on one connection, where a slow copy would hold up the next. */
async function sendRequests(port: number): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < requestCount / 2; i += 1) answers.push(await sendAlone(port, request))
  const client = RawClient.connect(port)
  for (let i = 0; i < requestCount / 2; i += 1) answers.push(await client.send(request))
  client.close()
  return answers
}

/** Lets a receiver run for a moment, then stops it for six times as long, until `stop` is called. */
function slowDown(receiver: Receiver): { stop(): Promise<void> } {
  let isOver = false
  const cycle = async (): Promise<void> => {
    while (!isOver) {
      receiver.process.signal('SIGSTOP')
      await sleep(300)
      receiver.process.signal('SIGCONT')
      await sleep(50)
    }
  }
  const cycles = cycle()
  return {
    stop: () => {
      isOver = true
      return cycles
    },
  }
}

for (const { name, skip, start } of gateways) {
  t.test(
    `${name}: clients notice nothing of a receiver that is stopped, and its copies wait for it`,
    { skip },
    async (t) => {
      const { receiver, gateway } = await setScene(t, { start })
      receiver.process.signal('SIGSTOP')
      testAnswers(t, await sendRequests(gateway.port))
      receiver.process.signal('SIGCONT')
      await receiver.awaitAccounted(requestCount)
    },
  )

  t.test(`${name}: clients notice nothing of a receiver that is slow`, { skip }, async (t) => {
    const { receiver, gateway } = await setScene(t, { start })
    const slowness = slowDown(receiver)
    testAnswers(t, await sendRequests(gateway.port))
    await slowness.stop()
    await receiver.awaitAccounted(requestCount)
  })

  t.test(
    `${name}: clients notice nothing of a receiver that was killed; copies go to its successor`,
    { skip },
    async (t) => {
      const { receiver, gateway } = await setScene(t, { start })
      await receiver.process.kill()
      testAnswers(t, await sendRequests(gateway.port))
      const successor = await Receiver.start(t, { port: receiver.port })
      testAnswers(t, await sendRequests(gateway.port))
      await successor.awaitAccounted(requestCount)
    },
  )
}
