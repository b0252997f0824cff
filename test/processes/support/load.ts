// Requests over kept connections, some of them attacks; whatever breaks is counted, never thrown.
import { Agent, request } from 'node:http'

export interface LoadPlan {
  /** As the banner says it. */
  readonly address: string
  readonly requests: number
  readonly connections: number
  /** Every how manieth request is an attack; 0 = none. */
  readonly attackEvery: number
  /** Ends the load early. */
  readonly isOver?: () => boolean
}

export interface LoadResult {
  sent: number
  answered: number
  attacksSent: number
  attacksAnswered: number
}

export async function sendLoad(plan: LoadPlan): Promise<LoadResult> {
  const result: LoadResult = { sent: 0, answered: 0, attacksSent: 0, attacksAnswered: 0 }
  const agent = new Agent({ keepAlive: true, maxSockets: plan.connections })
  const sendOneByOne = async (): Promise<void> => {
    while (result.sent < plan.requests && plan.isOver?.() !== true) {
      result.sent += 1
      const isAttack = plan.attackEvery > 0 && result.sent % plan.attackEvery === 0
      if (isAttack) result.attacksSent += 1
      const isAnswered = await sendOne(plan.address, agent, isAttack ? '/?x=$globals' : `/items/${result.sent}?page=2`)
      if (!isAnswered) continue
      result.answered += 1
      if (isAttack) result.attacksAnswered += 1
    }
  }
  await Promise.all(Array.from({ length: plan.connections }, sendOneByOne))
  agent.destroy()
  return result
}

function sendOne(address: string, agent: Agent, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request({ ...target(address), agent, path }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 204))
      response.on('error', () => resolve(false))
    })
    sent.on('error', () => resolve(false))
    sent.end()
  })
}

function target(address: string): { socketPath: string } | { host: string; port: string } {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) }
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon), port: address.slice(colon + 1) }
}
