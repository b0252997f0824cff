// Reads a configuration file that may be anything.
import { open } from 'node:fs/promises'
import { MirrorwafError, reasonOf } from '../../errors.js'

/** Far more than any configuration written by hand or by a controller. */
export const configLimitBytes: number = 4 * 1024 * 1024

/** @throws MirrorwafError `MWAF_DOCTOR_CONFIG`: unreadable, or longer than the limit. */
export async function readBoundedText(path: string): Promise<string> {
  try {
    const file = await open(path)
    try {
      const buffer = Buffer.alloc(configLimitBytes + 1)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length)
        length += bytesRead
        if (bytesRead === 0) return buffer.toString('utf8', 0, length)
        if (length > configLimitBytes) throw new Error(`it is longer than ${configLimitBytes} bytes`)
      }
    } finally {
      await file.close()
    }
  } catch (thrown) {
    throw new MirrorwafError('MWAF_DOCTOR_CONFIG', { path, reason: reasonOf(thrown) }, thrown)
  }
}
