// What the types must refuse: no spec, a job of another kind of thing, an output that there is not.
import * as fairlead from "@pulumi/fairlead";

const lab = new fairlead.Platform("lab", {});
new fairlead.TrainingJob("hello", { kubeconfig: lab.kubeconfig, job: 7 });
export const nodes = lab.nodes;
