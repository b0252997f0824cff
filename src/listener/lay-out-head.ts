// Writes a head that node:http or node:http2 has parsed as a client would send it, and marks its spans.
// Those modules keep header bytes as latin1 text, one character a byte, so text positions are byte positions.
import type { RequestAssembly } from '../parser/request-assembly.js'

/**
 * @param assembly - empty; gets target, headers and head length.
 * @param fields - names and values in turn.
 * @returns the head as latin1 text.
 */
export function layOutHead(
  assembly: RequestAssembly,
  method: string,
  target: string,
  fields: readonly string[],
): string {
  let head = `${method} ${target}`
  assembly.targetStart = method.length + 1
  assembly.targetEnd = head.length
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const value = fields[index + 1] ?? ''
    const nameStart = head.length + 2
    const valueStart = nameStart + name.length + 2
    head = `${head}\r\n${name}: ${value}`
    assembly.addHeader(nameStart, nameStart + name.length, valueStart, valueStart + value.length)
  }
  assembly.headLength = head.length
  return head
}
