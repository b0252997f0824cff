// Command yardstick patches HTTPRoutes the way Datadog's patch-httproutes is described to: list once, then one merge patch
// of the rules per route, one after the other, over client-go with its default limit on requests. The tool itself cannot
// be had from the Go module proxy, so the end-to-end tests measure against this.
//
//	yardstick -kubeconfig FILE -namespace NS -count N -mirror NS
//
// It prints {"patched": N, "seconds": S}.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "path of the kubeconfig")
	namespace := flag.String("namespace", "", "namespace of the routes")
	mirror := flag.String("mirror", "", "namespace of the Service request-mirror")
	count := flag.Int("count", 60, "how many routes to patch")
	flag.Parse()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	check(err)
	client, err := dynamic.NewForConfig(config)
	check(err)
	started := time.Now()
	routes := client.Resource(schema.GroupVersionResource{
		Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes",
	}).Namespace(*namespace)
	list, err := routes.List(context.Background(), metav1.ListOptions{})
	check(err)
	patched := 0
	for _, route := range list.Items {
		if patched == *count {
			break
		}
		_, err := routes.Patch(context.Background(), route.GetName(), types.MergePatchType, withMirror(route, *mirror),
			metav1.PatchOptions{})
		check(err)
		patched++
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"patched": patched, "seconds": time.Since(started).Seconds(),
	}))
}

// withMirror is a merge patch that appends a RequestMirror filter to every rule.
func withMirror(route unstructured.Unstructured, mirror string) []byte {
	rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
	check(err)
	for _, rule := range rules {
		fields, ok := rule.(map[string]any)
		if !ok {
			continue
		}
		filters, _ := fields["filters"].([]any)
		fields["filters"] = append(filters, map[string]any{
			"type": "RequestMirror",
			"requestMirror": map[string]any{
				"backendRef": map[string]any{"name": "request-mirror", "namespace": mirror, "port": 8080},
			},
		})
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"rules": rules}})
	check(err)
	return patch
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
