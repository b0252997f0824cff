// `mirrorwaf doctor`: finds out what is wrong with a gateway's mirror, and says how to mend it. Thin.
import { checkDoctorOptions, doctorTable } from '../doctor/doctor-options.js'
import { parseArguments } from '../options/arguments.js'
import { renderHelp, toAnyRows } from '../options/help.js'
import { type OptionScope, rowsOf } from '../options/option-spec.js'
import { resolveTable } from '../options/resolve.js'
import { refuseArguments } from './arguments.js'
import type { Command } from './command.js'

const summary = 'Examine a gateway’s mirror, running or by its configuration, and say what to mend.'

export const doctorCommand: Command = {
  name: 'doctor',
  summary,
  async run(argv, io) {
    const rows = rowsOf(doctorTable)
    // Not loadTable: --config names what is examined, not a file of options.
    const parsed = parseArguments('doctor', argv, rows)
    if (parsed.asksForHelp) {
      await io.print(renderDoctorHelp())
      return 0
    }
    refuseArguments(parsed.positionals)
    const sources = { flags: parsed.flags, environment: {}, file: undefined }
    const { options } = resolveTable(doctorTable, sources, new Set<OptionScope>(['command']))
    checkDoctorOptions(options)
    const { runDoctor } = await import('../doctor/run-doctor.js')
    return runDoctor(options, io)
  },
}

function renderDoctorHelp(): string {
  const usage = [
    'mirrorwaf doctor --gateway http://127.0.0.1:8000 [--receive 127.0.0.1:8080]',
    'mirrorwaf doctor --config nginx.conf',
    'mirrorwaf doctor --receiver-admin http://127.0.0.1:8081',
  ]
  return renderHelp(usage, summary, toAnyRows(rowsOf(doctorTable)))
}
