// The environment as a source of options. This folder alone reads `process.env`.
import { nearestName } from './nearest.js'
import { environmentPrefix } from './option-spec.js'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The environment of this process, as it is now. */
export function readProcessEnvironment(): Environment {
  return { ...process.env }
}

/**
 * A warning for each MIRRORWAF_ variable that no option has: most likely a slip that would otherwise go unseen.
 * @param prefix - of a command that has a table of its own; variables of the others are then no matter.
 */
export function warnOfUnknownVariables(
  environment: Environment,
  known: ReadonlySet<string>,
  prefix: string = environmentPrefix,
): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.has(name) && !isForOthers(name, prefix))
    .map((name) => {
      const near = nearestName(name, known)
      return `environment ${name} is no option of mirrorwaf${near === undefined ? '' : ` (did you mean ${near}?)`}`
    })
}

/** Of variables of commands that have a table of their own. */
const otherPrefixes = ['MIRRORWAF_GATEWAY_', 'MIRRORWAF_KONG_'] as const

function isForOthers(name: string, ownPrefix: string): boolean {
  return isServiceVariable(name) || otherPrefixes.some((prefix) => prefix !== ownPrefix && name.startsWith(prefix))
}

/**
 * Kubernetes puts `NAME_SERVICE_HOST`, `NAME_PORT_8080_TCP_ADDR` and the like into every container of a namespace; a
 * Service called mirrorwaf, or mirrorwaf-something, is no slip.
 */
function isServiceVariable(name: string): boolean {
  return /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name)
}
