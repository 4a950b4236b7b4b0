// The namespaces that every cluster has and that nothing here may change.
export const SYSTEM_NAMESPACES: readonly string[] = ['kube-system', 'kube-public', 'kube-node-lease']
