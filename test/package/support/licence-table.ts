// Licences that run-time packages may have, and the table of those they have.
import { readPackageJson } from '../../source/support/package-json.js'
import { type Component, readComponents } from './sbom.js'

/** Permissive ones: they ask for a notice at most. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
])

/** Where the table stands, from the repository's root. */
export const licenceFile = 'deploy/licences.md'

/** Whether one may ship it: an expression with OR leaves the choice, one with AND does not. */
export function isAllowed(licence: string): boolean {
  return licence.split(' AND ').every((part) => part.split(' OR ').some((one) => allowed.has(one.trim())))
}

/** The file's whole text. */
export function renderLicences(components: readonly Component[] = readComponents()): string {
  const direct = new Set(Object.keys(readPackageJson().dependencies))
  const byLicence = Map.groupBy(components, ({ licence }) => licence)
  const rows = [...byLicence]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([licence, members]) => {
      const named = members.flatMap(({ name }) => (direct.has(name) ? `\`${name}\`` : []))
      return `| ${licence} | ${members.length} | ${[...new Set(named)].toSorted().join(', ')} |`
    })
  return `# Licences of what mirrorwaf installs

Written by \`npm run docs\` from the bill of materials (\`npm run sbom\`: CycloneDX, into \`build/sbom.cdx.json\`). A test holds it up to
date, and refuses a licence that is not on its list of permissive ones. Optional packages are counted for every platform.

| licence | packages | of these, direct dependencies |
|---|---|---|
${rows.join('\n')}
`
}
