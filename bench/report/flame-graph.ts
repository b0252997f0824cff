// A flame graph: width is processor time, a frame stands under its caller.
import { escapeText, round, svgDocument, svgRect, svgText } from './svg.js'

/** Where a frame's code is from. */
export type Origin = 'thread' | 'mirrorwaf' | 'node' | 'native' | 'kernel'

export interface StackFrame {
  readonly label: string
  readonly origin: Origin
}

/** One drawn frame: equal functions under equal callers are one. */
interface Node {
  readonly frame: StackFrame
  ownCount: number
  count: number
  readonly children: Map<string, Node>
}

const width = 1200
const rowHeight = 17
const top = 46
const legendStepPx = 180
/** Narrower frames would be lines; they are left out, and the space below them stays empty. */
const minWidthPx = 2
const letterPx = 6.2

const colours: Readonly<Record<Origin, string>> = {
  thread: '#e7e6e6',
  mirrorwaf: '#f4b183',
  node: '#9dc3e6',
  native: '#c5a5cf',
  kernel: '#a9d18e',
}

const legend: readonly (readonly [Origin, string])[] = [
  ['mirrorwaf', 'mirrorwaf'],
  ['node', 'Node and V8'],
  ['native', 'libddwaf, libc'],
  ['kernel', 'kernel'],
]

/**
 * Draws sampled stacks.
 * @param stacks - one per sample, outermost frame first.
 */
export function flameGraph(stacks: readonly (readonly StackFrame[])[], title: string): string {
  const root: Node = { frame: { label: 'all', origin: 'thread' }, ownCount: 0, count: 0, children: new Map() }
  for (const stack of stacks) add(root, stack)
  const parts: string[] = [svgText(8, 18, title, { size: 14, weight: 600 })]
  for (const [index, [origin, text]] of legend.entries()) {
    const x = 8 + index * legendStepPx
    parts.push(svgRect(x, 27, 12, 12, colours[origin]), svgText(x + 17, 37, text, { size: 11 }))
  }
  const rows = draw(root, 0, 0, root.count, parts)
  return svgDocument(width, top + (rows + 1) * rowHeight + 8, title, parts)
}

function add(root: Node, stack: readonly StackFrame[]): void {
  let node = root
  node.count++
  for (const frame of stack) {
    let child = node.children.get(frame.label)
    if (child === undefined) {
      child = { frame, ownCount: 0, count: 0, children: new Map() }
      node.children.set(frame.label, child)
    }
    child.count++
    node = child
  }
  node.ownCount++
}

/** @returns the deepest row drawn. */
function draw(node: Node, x: number, row: number, total: number, parts: string[]): number {
  const nodeWidth = (node.count / total) * width
  if (nodeWidth < minWidthPx) return row - 1
  parts.push(drawFrame(node, x, row, nodeWidth, total))
  let deepest = row
  let childX = x
  for (const child of [...node.children.values()].sort((left, right) => right.count - left.count)) {
    deepest = Math.max(deepest, draw(child, childX, row + 1, total, parts))
    childX += (child.count / total) * width
  }
  return deepest
}

function drawFrame({ frame, count, ownCount }: Node, x: number, row: number, nodeWidth: number, total: number): string {
  const y = top + row * rowHeight
  const share = (samples: number): string => `${((100 * samples) / total).toFixed(1)} %`
  const letters = Math.floor((nodeWidth - 6) / letterPx)
  const text =
    letters < 3 ? '' : svgText(x + 3, y + 12, `${frame.label} ${share(count)}`.slice(0, letters), { size: 11 })
  const box = `<rect x="${round(x)}" y="${y}" width="${round(nodeWidth - 0.5)}" height="${rowHeight - 1}" fill="${colours[frame.origin]}"/>`
  return `<g><title>${escapeText(`${frame.label}: ${share(count)}, ${share(ownCount)} by itself`)}</title>${box}${text}</g>`
}
