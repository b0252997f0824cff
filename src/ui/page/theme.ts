// Dark or light: as the system says until somebody chooses. The choice stays in this browser.

const storageKey = 'mirrorwaf-theme'
type Theme = 'dark' | 'light'

/** @param onChange - called when colours have changed: charts are drawn with them. */
export function watchTheme(onChange: () => void): void {
  const system = window.matchMedia('(prefers-color-scheme: light)')
  apply(chosenTheme() ?? systemTheme(system))
  system.addEventListener('change', () => {
    if (chosenTheme() !== undefined) return
    apply(systemTheme(system))
    onChange()
  })
}

/** Switches to the other one. @returns its name. */
export function switchTheme(): string {
  const theme = document.documentElement.dataset['theme'] === 'light' ? 'dark' : 'light'
  apply(theme)
  try {
    window.localStorage.setItem(storageKey, theme)
  } catch {
    // A browser that keeps nothing shows the system's theme next time.
  }
  return theme
}

/** A colour of the theme in use, e.g. `--accent`. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

function chosenTheme(): Theme | undefined {
  try {
    const chosen = window.localStorage.getItem(storageKey)
    return chosen === 'dark' || chosen === 'light' ? chosen : undefined
  } catch {
    return undefined
  }
}

function systemTheme(light: MediaQueryList): Theme {
  return light.matches ? 'light' : 'dark'
}

function apply(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
}
