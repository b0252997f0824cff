// The configurations in deploy/, with the addresses of one test run in them.
import { readFileSync } from 'node:fs'
import { repositoryRoot } from './repository.js'

/**
 * Reads a recipe and replaces texts in it.
 * @param path - from the repository's root.
 * @param replacements - what stands in the recipe -> what the test needs there.
 * @throws Error if a text does not stand in the recipe: then the test would not run what it says it runs.
 */
export function readRecipe(path: string, replacements: Readonly<Record<string, string>>): string {
  let text = readFileSync(`${repositoryRoot}/${path}`, 'utf8')
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`${path} does not hold ${JSON.stringify(from)}`)
    text = text.replaceAll(from, to)
  }
  return text
}
