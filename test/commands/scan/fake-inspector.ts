// An inspector without parser and engine: a request ends with an empty line, and matches where it names a rule.
import type { RequestInspector, ScanResult } from '#src/commands/scan/request-inspector.js'

/** What the inspector saw, for the test to look at. */
export interface FakeInspector extends RequestInspector {
  readonly connections: { readonly text: string; readonly peer: string }[]
  isDisposed: boolean
}

/** `rule:ID` in a request makes a match if `ID` is among `rules`; the type is what stands before a dash in ID. */
export function createFakeInspector(rules: readonly string[]): FakeInspector {
  let pending = ''
  let text = ''
  let peerSeen = ''
  return {
    connections: [],
    isDisposed: false,
    ignoredBytes: 0,
    inspect(raw, peer) {
      const chunk = Buffer.from(raw).toString('latin1')
      text += chunk
      peerSeen = peer
      const parts = (pending + chunk).split('\r\n\r\n')
      pending = parts.pop() ?? ''
      return parts.filter((request) => !request.startsWith('\x16')).map((request) => judge(request, rules))
    },
    finish() {
      this.connections.push({ text, peer: peerSeen })
      const rest = pending
      pending = ''
      text = ''
      return rest === '' ? [] : [{ ...judge(rest, rules), outcome: 'aborted' }]
    },
    dispose() {
      this.isDisposed = true
    },
  }
}

function judge(request: string, rules: readonly string[]): ScanResult {
  const ids = [...request.matchAll(/rule:([\w-]+)/g)].map(([, id]) => id ?? '').filter((id) => rules.includes(id))
  return {
    outcome: ids.length > 0 ? 'matched' : 'clean',
    matches: ids.map((id) => ({
      rule: { id, name: `name of ${id}`, tags: { type: id.split('-')[0] ?? '' } },
      matches: [
        {
          operator: 'phrase_match',
          operator_value: '',
          address: 'server.request.query',
          key_path: ['q', '0'],
          value: `\x1b${id}`,
          highlight: [],
        },
      ],
    })),
    flags: { truncated: false, aborted: false, timed_out: false },
    lost_bytes: 0,
    body_fault: request.startsWith('CUT') ? 'json_cut' : null,
    parse_error: request.startsWith('BAD') ? 'method' : null,
    inspect_us: 5,
    cleared: false,
    candidate: null,
  }
}
