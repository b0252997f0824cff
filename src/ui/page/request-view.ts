// The request of an event with what matched marked, and why it did.
import type { EventDetail, EventMatchDetail, MatchedCondition } from './api-types.js'
import { make } from './dom.js'
import { formatBytes, formatType } from './format.js'
import { markHeader, markTarget, markValue, type Piece } from './mark-bytes.js'

/** The request as lines of text. Bodies are not part of events: of them the matched fields are shown. */
export function makeRequestView({ request, matches }: EventDetail): HTMLElement {
  const conditions = matches.flatMap((match) => match.conditions)
  const lines: (Node | string)[] = [
    make('b', {}, request.method),
    ' ',
    ...marked(markTarget(request, conditions)),
    make('span', { class: 'quiet' }, ` HTTP/${request.httpVersion}\n`),
  ]
  if (!Object.hasOwn(request.headers, 'host'))
    lines.push(make('span', { class: 'quiet' }, 'host: '), request.host, '\n')
  for (const [name, value] of Object.entries(request.headers)) {
    lines.push(make('span', { class: 'quiet' }, `${name}: `), ...marked(markHeader(name, value, conditions)), '\n')
  }
  const body = conditions.filter(({ address }) => address.startsWith('server.request.body'))
  if (request.bodySeenBytes > 0 || body.length > 0) {
    const type = request.bodyType === null ? '' : `, ${request.bodyType}`
    const seen = `${formatBytes(request.bodySeenBytes)}${type}, ${formatBytes(request.bodyInspectedBytes)} inspected`
    lines.push('\n', make('span', { class: 'quiet' }, `(body: ${seen}; events keep what matched of it)\n`))
    for (const condition of body) {
      lines.push(make('span', { class: 'quiet' }, `${condition.where}: `), ...marked(markValue(condition)), '\n')
    }
  }
  return make('pre', { class: 'request-text', tabindex: 0, 'aria-label': 'The request' }, ...lines)
}

/** One sentence for each condition that matched. */
export function makeReasons(match: EventMatchDetail): HTMLElement {
  return make(
    'ul',
    { class: 'reasons' },
    ...match.conditions.map((condition) => make('li', {}, ...reasonOf(condition))),
  )
}

/** The rule: what it is called and what it asks. */
export function makeRuleView(match: EventMatchDetail): HTMLElement {
  const { rule } = match
  const tags = Object.entries(match.tags).map(([name, value]) => make('li', {}, `${name}: ${formatType(value)}`))
  return make(
    'div',
    { class: 'rule-view' },
    make('p', {}, make('code', {}, match.ruleId), ' ', make('b', {}, match.ruleName)),
    make('ul', { class: 'tags', 'aria-label': 'Tags' }, ...tags),
    rule === null
      ? make('p', { class: 'empty' }, 'The ruleset in use has no such rule.')
      : make(
          'ol',
          { class: 'conditions', 'aria-label': 'Conditions, all of which must be met' },
          ...rule.conditions.map(({ subject, verb, object, transformers }) =>
            make(
              'li',
              {},
              `${subject} `,
              make('b', {}, verb),
              object !== '' && make('pre', { tabindex: 0 }, object),
              transformers.length > 0 && make('p', { class: 'quiet' }, `after ${transformers.join(', ')}`),
            ),
          ),
        ),
  )
}

function reasonOf(condition: MatchedCondition): (Node | string)[] {
  const { where, operator } = condition
  return [
    `In the ${where.replace(/^the /, '')}, `,
    make('code', {}, operator),
    ' found ',
    make('code', { class: 'value' }, ...marked(markValue(condition))),
  ]
}

function marked(pieces: readonly Piece[]): Node[] {
  return pieces.map(({ text, isMarked }) => (isMarked ? make('mark', {}, text) : document.createTextNode(text)))
}
