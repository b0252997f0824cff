// An exclusion for exactly the rule and input of an opened event, and what it would have silenced among stored events.
import { askExclusion, askPreview, faultText, isAborted, type Query } from './api-client.js'
import type { EventDetail } from './api-types.js'
import { fill, make, makeButton, say } from './dom.js'
import { formatCount } from './format.js'

/** @param signal - ends what is still being asked when the event is closed. */
export function makeExclusionPanel(detail: EventDetail, signal: AbortSignal): HTMLElement {
  const output = make('div', { class: 'exclusion-output', 'aria-live': 'polite' })
  const onlyPath = make('input', { type: 'checkbox', id: 'only-path' })
  const choice = make(
    'select',
    { id: 'exclusion-match' },
    ...detail.matches.flatMap((match, matchIndex) =>
      match.conditions.map((condition, conditionIndex) =>
        make('option', { value: `${matchIndex} ${conditionIndex}` }, `${match.ruleId} on ${condition.where}`),
      ),
    ),
  )
  let asking = new AbortController()
  const refresh = (): void => {
    asking.abort()
    asking = new AbortController()
    const [match = '0', condition = '0'] = choice.value.split(' ')
    const query = { match, condition, path: onlyPath.checked ? 1 : undefined }
    void show(output, detail.summary.id, query, AbortSignal.any([signal, asking.signal]))
  }
  choice.addEventListener('change', refresh)
  onlyPath.addEventListener('change', refresh)
  refresh()
  const isSingle = detail.matches.length === 1 && detail.matches[0]?.conditions.length === 1
  return make(
    'div',
    { class: 'exclusion' },
    make(
      'p',
      { class: 'controls' },
      !isSingle && make('label', { for: 'exclusion-match' }, 'Rule and input '),
      !isSingle && choice,
      make('label', {}, onlyPath, ' only in requests for this path'),
    ),
    output,
  )
}

async function show(output: HTMLElement, id: number, query: Query, signal: AbortSignal): Promise<void> {
  try {
    const { file, explanation, notes } = await askExclusion(id, query, signal)
    const effect = make('p', { class: 'effect', role: 'status' }, 'Looking at stored events…')
    fill(
      output,
      make('p', {}, explanation),
      file !== '' && makeFile(file),
      file !== '' && effect,
      ...notes.map((note) => make('p', { class: 'quiet' }, note)),
    )
    if (file !== '') await preview(effect, id, query, signal)
  } catch (thrown) {
    if (!isAborted(thrown)) fill(output, make('p', { class: 'fault' }, faultText(thrown)))
  }
}

function makeFile(file: string): HTMLElement {
  const text = make('pre', { class: 'file', tabindex: 0, 'aria-label': 'The exclusion file' }, file)
  return make(
    'div',
    { class: 'file-box' },
    text,
    make(
      'p',
      { class: 'controls' },
      makeButton({ class: 'primary', id: 'copy-exclusion' }, () => void copy(file, text), 'Copy'),
      make('span', { class: 'quiet' }, 'Save it as exclusion.json and add '),
      make('code', {}, '--rules exclusion.json'),
    ),
  )
}

async function copy(file: string, shown: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(file)
    say('The exclusion is in the clipboard')
  } catch {
    // Without TLS, other than on localhost, browsers give pages no clipboard.
    window.getSelection()?.selectAllChildren(shown)
    say('Selected: copy it with your keyboard')
  }
}

/** Asks on until all events of the rule were looked at; the figures grow while it does. */
async function preview(effect: HTMLElement, id: number, query: Query, signal: AbortSignal): Promise<void> {
  let silenced = 0
  let weakened = 0
  let kept = 0
  let scanned = 0
  let before: number | undefined
  let total: number | undefined
  for (;;) {
    const answer = await askPreview(id, { ...query, before }, signal)
    silenced += answer.silencedCount
    weakened += answer.weakenedCount
    kept += answer.keptCount
    scanned += answer.scannedCount
    total ??= answer.totalCount
    before = answer.nextId
    const ofRule = silenced + weakened + kept
    const progress = answer.isDone ? '' : ` So far: ${formatCount(scanned)} of ${formatCount(total)} events looked at.`
    fill(
      effect,
      'Would have silenced ',
      make('strong', { id: 'silenced' }, formatCount(silenced)),
      ` of ${formatCount(ofRule)} stored events of this rule`,
      weakened > 0 && `; ${formatCount(weakened)} more would have had one match less`,
      `.${progress}`,
    )
    if (answer.isDone) return
  }
}
