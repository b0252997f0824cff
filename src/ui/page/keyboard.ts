// The page by keyboard. The same list is shown as help, so that it cannot lie.
import { fill, find, make } from './dom.js'

/** One shortcut; `key` as `KeyboardEvent.key` has it. */
export interface Shortcut {
  readonly key: string
  readonly does: string
  /** Also while an event is open. */
  readonly inDialog?: boolean
  run(): void
}

export function listenKeys(shortcuts: readonly Shortcut[]): void {
  const help = find('help', HTMLDialogElement)
  fill(
    find('help-keys', HTMLElement),
    ...shortcuts.flatMap(({ key, does }) => [make('dt', {}, make('kbd', {}, key)), make('dd', {}, does)]),
    make('dt', {}, make('kbd', {}, 'Esc')),
    make('dd', {}, 'Close what is open, or leave the search'),
  )
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { target } = event
    const isTyping = target instanceof HTMLInputElement && target.type !== 'checkbox'
    if (isTyping || target instanceof HTMLSelectElement) {
      if (event.key === 'Escape' && isTyping) target.blur()
      return
    }
    const isInDialog = document.querySelector('dialog[open]') !== null
    const shortcut = shortcuts.find(({ key, inDialog }) => key === event.key && (!isInDialog || inDialog === true))
    if (shortcut === undefined) return
    event.preventDefault()
    shortcut.run()
  })
  find('show-help', HTMLButtonElement).addEventListener('click', () => help.showModal())
  find('close-help', HTMLButtonElement).addEventListener('click', () => help.close())
}
