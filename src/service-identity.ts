// Who sends events and metrics, as configured.

export interface ServiceIdentity {
  readonly service: string
  readonly env: string
  readonly version: string
}

/** OpenTelemetry's resource attributes; empty ones are left out. */
export function describeResource({ service, env, version }: ServiceIdentity): Record<string, string> {
  return {
    'service.name': service,
    ...(version === '' ? {} : { 'service.version': version }),
    ...(env === '' ? {} : { 'deployment.environment.name': env }),
  }
}
