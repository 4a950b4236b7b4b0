// "rm -rf /", "ssh worker-a", "docker ps": a line for a program that Firstmate does not start.
import type { Reader } from '../request.ts'

// words that name nothing else: a workload may well be called vault, node or git
const PROGRAM =
  /^(?:[$#]\s*)?(?:sudo\s+\S|(rm|ls|cd|cat|chmod|dd|mkfs|ssh|scp|curl|wget|telnet|nslookup|dig|systemctl|journalctl|reboot|shutdown|poweroff|docker|podman|crictl|terraform|ansible|ansible-playbook|oc|k9s|kubectx|kubens|stern|eksctl|gcloud|aws|etcdctl|psql|python3?)(?:\s|$))/
// "curl fails from web" speaks about one
const ABOUT =
  /\?\s*$|\b(fails?|failing|failed|hangs?|why|is|are|was|does|doesn'?t|cannot|can'?t|returns?|says?|gives?|times?)\b/

export const program: Reader = {
  understood: () => true,
  read({ lower }) {
    const found = PROGRAM.exec(lower)
    return found && !ABOUT.test(lower) ? { kind: 'program', name: found[1] ?? 'sudo' } : undefined
  },
}
