// The page: puts its parts together.
import type { StoreInfo } from './api-types.js'
import { CountsPanel, ranges } from './counts-panel.js'
import { find, say } from './dom.js'
import { EventDialog } from './event-dialog.js'
import { EventList } from './event-list.js'
import { type Filter, noFilter, readFilter, toggleName, writeFilter } from './filter.js'
import { listenKeys } from './keyboard.js'
import { listenLive } from './live.js'
import { LiveCharts } from './live-charts.js'
import { describeStore } from './store-state.js'
import { switchTheme, watchTheme } from './theme.js'
import { Tiles } from './tiles.js'

/** A search begins when typing has paused. */
const typingPauseMs = 300

const tiles = new Tiles(find('tiles', HTMLElement))
const charts = new LiveCharts(find('charts', HTMLElement))
watchTheme(redraw)
const dialog = new EventDialog()
const search = find('search', HTMLInputElement)
const pauseButton = find('pause', HTMLButtonElement)
let filter = readFilter(window.location.search)
search.value = filter.text
const counts = new CountsPanel(filter, (dimension, name) => setFilter(toggleName(filter, dimension, name)))
const list = new EventList(filter, { onOpen: (event) => void dialog.open(event), onFilter: setFilter })
let typing = 0
let version = ''

search.addEventListener('input', () => {
  window.clearTimeout(typing)
  typing = window.setTimeout(() => setFilter({ ...filter, text: search.value.trim() }), typingPauseMs)
})
find('search-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  window.clearTimeout(typing)
  setFilter({ ...filter, text: search.value.trim() })
})
window.addEventListener('popstate', () => showFilter(readFilter(window.location.search)))
pauseButton.addEventListener('click', togglePause)
find('newer', HTMLButtonElement).addEventListener('click', showPause)
find('theme', HTMLButtonElement).addEventListener('click', changeTheme)

listenKeys([
  { key: '/', does: 'Search', run: () => search.focus() },
  { key: 'j', does: 'Next event', inDialog: true, run: () => step(1) },
  { key: 'k', does: 'Previous event', inDialog: true, run: () => step(-1) },
  { key: 'p', does: 'Pause and go on', run: togglePause },
  { key: 'x', does: 'Clear all filters', run: () => setFilter(noFilter) },
  { key: 'c', does: 'Copy the exclusion of the open event', inDialog: true, run: copyExclusion },
  { key: 't', does: 'Dark or light', inDialog: true, run: changeTheme },
  ...ranges.map(({ name }, index) => ({
    key: String(index + 1),
    does: `Attacks: ${name}`,
    run: () => counts.choose(index),
  })),
  { key: '?', does: 'This help', run: () => find('help', HTMLDialogElement).showModal() },
])

listenLive({
  onHello(hello) {
    tiles.start(hello.outcomes, hello.samples)
    charts.start(hello.outcomes, hello.samples)
    version = hello.version
    showStore(hello.store)
  },
  onSample(sample) {
    tiles.add(sample)
    charts.add(sample)
  },
  onEvents: (events) => list.add(events),
  onStore: showStore,
  onState(isLive) {
    const state = find('live-state', HTMLElement)
    state.textContent = isLive ? 'live' : 'no connection'
    state.classList.toggle('off', !isLive)
  },
})
void counts.refresh()

function setFilter(changed: Filter): void {
  window.history.pushState(null, '', writeFilter(changed))
  showFilter(changed)
}

function showFilter(changed: Filter): void {
  filter = changed
  search.value = changed.text
  counts.setFilter(changed)
  list.setFilter(changed)
}

function togglePause(): void {
  if (list.isPaused) list.resume()
  else list.pause()
  showPause()
}

function showPause(): void {
  pauseButton.setAttribute('aria-pressed', String(list.isPaused))
}

/** In the list the focus moves; while an event is open, its neighbour is opened. */
function step(by: 1 | -1): void {
  if (dialog.openId === 0) list.move(by)
  else list.neighbour(dialog.openId, by)?.click()
}

function copyExclusion(): void {
  document.getElementById('copy-exclusion')?.click()
}

function changeTheme(): void {
  say(`${switchTheme()} colours`)
  redraw()
}

function redraw(): void {
  charts.redraw()
  counts?.redraw()
}

function showStore(store: StoreInfo): void {
  const about = find('about', HTMLElement)
  about.textContent = `${version} · ${describeStore(store)}`
  about.classList.toggle('off', store.fault !== null)
}
