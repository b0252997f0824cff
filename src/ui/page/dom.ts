// Makes elements. Text only ever becomes text: there is no way from a string to markup here, and the page's policy allows none.

export type Child = Node | string | false | undefined

/** Attributes; `true` stands for one without a value, `false` and `undefined` for none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** E.g. `make('button', { class: 'plain', type: 'button' }, 'Close')`. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue
    element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== false && child !== undefined))
  return element
}

/** A button that does something. */
export function makeButton(
  attributes: Attributes,
  onClick: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const button = make('button', { type: 'button', ...attributes }, ...children)
  button.addEventListener('click', onClick)
  return button
}

/**
 * An element of the document, which is part of the page's own HTML.
 * @throws Error when there is none of that kind: the page and its script are of different versions.
 */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id)
  if (element instanceof kind) return element
  throw new Error(`the page has no ${id}`)
}

/** Replaces what is in an element. */
export function fill(element: HTMLElement, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child) => child !== false && child !== undefined))
}

/** Says something to screen readers and, for a moment, to eyes. */
export function say(text: string): void {
  const notice = find('notice', HTMLElement)
  notice.textContent = text
  notice.classList.add('shown')
  window.clearTimeout(Number(notice.dataset['timer'] ?? 0))
  notice.dataset['timer'] = String(window.setTimeout(() => notice.classList.remove('shown'), noticeMs))
}

const noticeMs = 3500
