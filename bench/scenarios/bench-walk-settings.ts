// How the scenarios that measure a worker's stages alone read requests: no proxies, bodies to the end.
import { prepareWalkSettings, type WalkSettings } from '#src/request/walk-settings.js'

export const benchWalkSettings: WalkSettings = prepareWalkSettings({
  clientIpHeader: '',
  trustedProxies: [],
  trustedHops: 0,
  shadowSuffix: 'auto',
  bodyInspectLimitBytes: 16 * 1024 * 1024,
})
