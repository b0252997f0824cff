// Writes the bill of materials into build/sbom.cdx.json: `npm run sbom`.
import { writeFileSync } from 'node:fs'
import { repositoryRoot } from '../source/support/source-files.js'
import { createSbom } from './support/sbom.js'

writeFileSync(`${repositoryRoot}/build/sbom.cdx.json`, createSbom())
