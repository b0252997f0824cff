// The page's live stream (Server-Sent Events): samples and events for every open page. A page that does not read is let go.
import type { ServerResponse } from 'node:http'
import type { EventSummary, LiveHello, LiveSample, StoreInfo } from './page/api-types.js'

/** Pages open at once. */
export const clientLimit = 32
/** Bytes that may wait for one page: some seconds of a busy stream. One that leaves more unread is closed and connects again. */
export const backlogLimitBytes: number = 512 * 1024
/** Events told at a time; more than a person can follow are only counted. */
export const eventsPerTick = 50

export class LiveStream {
  readonly #clients = new Set<ServerResponse>()
  readonly #pending: EventSummary[] = []
  #skipped = 0
  #slowCount = 0
  #toldCount = 0

  get clientCount(): number {
    return this.#clients.size
  }

  /** Pages that were let go because they did not read. */
  get slowCount(): number {
    return this.#slowCount
  }

  /** Events told, whatever the number of pages. */
  get toldCount(): number {
    return this.#toldCount
  }

  /** Whether one more event would be shown: who summarises events for the stream asks first. */
  get hasRoom(): boolean {
    return this.#clients.size > 0 && this.#pending.length < eventsPerTick
  }

  /** Whether as many pages are open as may be. */
  get isFull(): boolean {
    return this.#clients.size >= clientLimit
  }

  /** Begins to tell a page; its head is sent already. */
  add(response: ServerResponse, hello: LiveHello): void {
    this.#clients.add(response)
    response.once('close', () => this.#clients.delete(response))
    // Small writes must not wait for one another.
    response.socket?.setNoDelay(true)
    this.#write(response, encode('hello', hello))
  }

  /** Keeps an event for the next `tick`; call it while `hasRoom`. */
  addEvent(event: EventSummary): void {
    this.#pending.push(event)
  }

  /** Counts an event that nobody could follow. */
  skipEvent(): void {
    if (this.#clients.size > 0) this.#skipped += 1
  }

  /** Tells all pages what gathered; `sample` once a second. */
  tick(sample: LiveSample | undefined): void {
    if (this.#pending.length > 0 || this.#skipped > 0) {
      this.#tell(encode('events', { events: this.#pending, skipped: this.#skipped }))
      this.#toldCount += this.#pending.length
      this.#pending.length = 0
      this.#skipped = 0
    }
    if (sample !== undefined) this.#tell(encode('sample', sample))
  }

  /** Tells all pages that the store is in trouble, or out of it. */
  tellStore(store: StoreInfo): void {
    this.#tell(encode('store', store))
  }

  close(): void {
    for (const response of this.#clients) response.destroy()
    this.#clients.clear()
  }

  #tell(text: string): void {
    for (const response of this.#clients) this.#write(response, text)
  }

  #write(response: ServerResponse, text: string): void {
    if (response.writableLength > backlogLimitBytes) {
      this.#slowCount += 1
      this.#clients.delete(response)
      response.destroy()
      return
    }
    response.write(text)
  }
}

/** JSON has no line ends, so that one `data:` line holds it. */
function encode(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
