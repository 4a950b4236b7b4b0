// The annotations with which Firstmate writes on an object what it did, so that it can be undone after any restart.

/** JSON `{"replicas":3,"reason":"…","at":"RFC 3339"}` on a quarantined workload */
export const QUARANTINE_MARK = 'firstmate.dev/quarantine'
