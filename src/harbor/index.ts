// The practice cluster: a Kubernetes API in memory, for trying, demonstrating, testing and evaluating without a cluster.
export { type Harbor, type HarborOptions, startHarbor } from './start.ts'
