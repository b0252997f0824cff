// Listens to the live stream. The browser connects again by itself; how long it has been silent is shown.
import type { LiveEvents, LiveHello, LiveSample, StoreInfo } from './api-types.js'

export interface LiveListener {
  onHello(hello: LiveHello): void
  onSample(sample: LiveSample): void
  onEvents(events: LiveEvents): void
  /** The store is in trouble, or out of it. */
  onStore(store: StoreInfo): void
  /** @param isLive - whether the stream is open. */
  onState(isLive: boolean): void
}

export function listenLive(listener: LiveListener): void {
  const source = new EventSource('/api/live')
  source.addEventListener('open', () => listener.onState(true))
  source.addEventListener('error', () => {
    listener.onState(false)
    // A refusal (token, too many pages) ends the source for good; a broken connection does not.
    if (source.readyState === EventSource.CLOSED) window.setTimeout(() => listenLive(listener), reconnectMs)
  })
  source.addEventListener('hello', ({ data }) => listener.onHello(JSON.parse(data)))
  source.addEventListener('sample', ({ data }) => listener.onSample(JSON.parse(data)))
  source.addEventListener('events', ({ data }) => listener.onEvents(JSON.parse(data)))
  source.addEventListener('store', ({ data }) => listener.onStore(JSON.parse(data)))
}

const reconnectMs = 5000
