import t from 'tap'
import { errorCatalogue } from '#src/errors.js'
import { compareErrorCodes } from './support/error-code-rule.js'
import { readSourceFiles } from './support/source-files.js'

t.test('every code of the catalogue is used, and every code used is in it', async (t) => {
  t.strictSame(compareErrorCodes(readSourceFiles('src')), { unused: [], unknown: [] })
})

t.test('codes are MWAF_<STAGE>_<FAULT>', async (t) => {
  t.strictSame(
    Object.keys(errorCatalogue).filter((code) => !/^MWAF(_[A-Z0-9]+){2,}$/.test(code)),
    [],
  )
})

t.test('every text of the catalogue is a sentence', async (t) => {
  t.strictSame(
    Object.values(errorCatalogue).filter((text) => !/^(--|[A-Z{]).*[.}]$/.test(text)),
    [],
  )
})

t.test('an unused and an unknown code are found; a comment is no use', async (t) => {
  const files = [
    { path: 'errors.ts', text: "  MWAF_A_ONE: 'One.',\n  MWAF_A_TWO: 'Two.',\n  MWAF_A_THREE: 'Three.',\n" },
    {
      path: 'parser/a.ts',
      text: "// MWAF_A_THREE\n/**\n * @throws MWAF_A_THREE\n */\nthrow new MirrorwafError('MWAF_A_ONE')\n",
    },
    { path: 'parser/b.ts', text: "throw new MirrorwafError('MWAF_A_FOUR')\n" },
  ]
  t.strictSame(compareErrorCodes(files), { unused: ['MWAF_A_TWO', 'MWAF_A_THREE'], unknown: ['MWAF_A_FOUR'] })
})
