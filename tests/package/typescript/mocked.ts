// Says what the program asks the engine for: a line of JSON for each resource.
import * as pulumi from "@pulumi/pulumi";

pulumi.runtime.setMocks({
  newResource: (asked) => {
    console.log(JSON.stringify({ type: asked.type, name: asked.name, inputs: asked.inputs }));
    return { id: "", state: { ...asked.inputs, kubeconfig: "apiVersion: v1", queues: { "team-a": ["training"] } } };
  },
  call: (asked) => asked.inputs,
});
import("./program").then(async (program) => {
  program.queues.apply((found) => console.log(JSON.stringify({ queues: found })));
});
