// Every name that mirrorwaf writes into a cluster or looks for there. Changing one breaks undo of what older versions wrote.

/** API group of Gateway, HTTPRoute, GRPCRoute and ReferenceGrant. */
export const gatewayApiGroup = 'gateway.networking.k8s.io'

/** Field manager of every write: who changed what stays visible in `managedFields`. */
export const fieldManager = 'mirrorwaf'

/** Annotation on a route: which filters mirrorwaf added there. See `plan/route-record.ts`. */
export const routeRecordAnnotation = 'mirrorwaf.io/mirror'

/** Annotation on a Gateway: what `allowedRoutes` said before mirrorwaf widened it. See `plan/gateway-record.ts`. */
export const gatewayRecordAnnotation = 'mirrorwaf.io/allowed-routes'

/** Labels by which mirrorwaf knows its own ReferenceGrants. */
export const managedByLabel = 'app.kubernetes.io/managed-by'
export const managedByValue = 'mirrorwaf'
export const serviceLabel = 'mirrorwaf.io/service'

/** An object with this label and value is left alone; the label of Datadog's tools, so that theirs keep their meaning. */
export const optOutLabel = 'admission.datadoghq.com/enabled'
export const optOutValue = 'false'

/** Label that the API server sets on every Namespace. */
export const namespaceNameLabel = 'kubernetes.io/metadata.name'
