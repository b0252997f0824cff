// Writes deploy/licences.md: `node build/test/package/write-licences.js`.
import { writeFileSync } from 'node:fs'
import { repositoryRoot } from '../source/support/source-files.js'
import { licenceFile, renderLicences } from './support/licence-table.js'

writeFileSync(`${repositoryRoot}/${licenceFile}`, renderLicences())
