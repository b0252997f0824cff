// One line on a watched terminal that says how far a scan is.
import { basename } from 'node:path'
import { excerpt } from '../../visible.js'
import type { CommandIo } from '../command.js'
import type { ByteSource } from './byte-source.js'

/** Draws at most a few times per second; silent when nobody watches. */
export class ScanProgress {
  readonly #io: CommandIo
  readonly #now: () => number
  #drawnAtMs = Number.NEGATIVE_INFINITY
  #hasDrawn = false

  /** @param now - clock in ms. */
  constructor(io: CommandIo, now: () => number) {
    this.#io = io
    this.#now = now
  }

  update({ path, progress }: ByteSource, requestCount: number): void {
    if (!this.#io.isWatched || this.#now() - this.#drawnAtMs < intervalMs) return
    this.#drawnAtMs = this.#now()
    this.#hasDrawn = true
    const share = progress.totalBytes === 0 ? '' : ` ${Math.floor((100 * progress.readBytes) / progress.totalBytes)}%`
    this.#io.report(`${eraseLine}${excerpt(basename(path), 60)}${share}, ${requestCount} requests`)
  }

  /** Takes the line away; call before anything else is written. */
  clear(): void {
    if (this.#hasDrawn) this.#io.report(eraseLine)
    this.#hasDrawn = false
  }
}

const intervalMs = 200
const eraseLine = '\r\x1b[2K'
