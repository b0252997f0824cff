// Keys to be worked on: each once however often it is asked for, never twice at a time, some of them later.

/** Calls `work` for each key. */
export class WorkQueue {
  readonly #work: (key: string) => Promise<void>
  readonly #limit: number
  readonly #waiting = new Set<string>()
  readonly #underWay = new Set<string>()
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly atMs: number }>()
  #isOpen = false
  #onIdle: (() => void) | undefined

  /** @param work - must not reject. @param limit - keys under way at once. */
  constructor(work: (key: string) => Promise<void>, limit: number) {
    this.#work = work
    this.#limit = limit
  }

  /** Begins to work; until then keys only gather. */
  open(): void {
    this.#isOpen = true
    this.#next()
  }

  /** Asks for a key now; one that waits for later comes now. */
  add(key: string): void {
    this.#cancel(key)
    this.#waiting.add(key)
    this.#next()
  }

  /** Asks for a key after a while, unless it waits for an earlier moment already. */
  addAfter(key: string, delayMs: number): void {
    const atMs = performance.now() + delayMs
    const waiting = this.#timers.get(key)
    if (this.#waiting.has(key) || (waiting !== undefined && waiting.atMs <= atMs)) return
    this.#cancel(key)
    this.#timers.set(key, { timer: setTimeout(() => this.add(key), delayMs), atMs })
  }

  /** Takes no more work and resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#waiting.clear()
    for (const { timer } of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    if (this.#underWay.size === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  #cancel(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer)
    this.#timers.delete(key)
  }

  #next(): void {
    if (!this.#isOpen) return
    for (const key of this.#waiting) {
      if (this.#underWay.size >= this.#limit) return
      // Asked for again while it is under way: its turn comes when that has ended.
      if (this.#underWay.has(key)) continue
      this.#waiting.delete(key)
      this.#underWay.add(key)
      void this.#run(key)
    }
  }

  async #run(key: string): Promise<void> {
    try {
      await this.#work(key)
    } finally {
      this.#underWay.delete(key)
      if (this.#underWay.size === 0) this.#onIdle?.()
      this.#next()
    }
  }
}
