import type { Command } from './command.js'
export const scanCommand: Command = { name: 'scan', summary: '', run: async () => 0 }
