// A platform and a job of it, as a team writes them in TypeScript.
import * as fairlead from "@pulumi/fairlead";

const lab = new fairlead.Platform("lab", {
  spec: {
    name: "lab",
    environment: "dev",
    target: { kind: "onprem", kubeconfig: "~/.kube/config", context: "lab" },
    pools: [{ name: "cpu", min: 1, max: 1 }],
    tenants: [{ name: "team-a" }],
  },
});

new fairlead.TrainingJob(
  "hello",
  {
    kubeconfig: lab.kubeconfig,
    job: { name: "hello", tenant: "team-a", image: "registry.example.com/a:1.0", run: "true" },
  },
  { dependsOn: [lab] },
);

export const queues = lab.queues.apply((found) => Object.keys(found));
