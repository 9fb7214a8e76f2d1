// strict decodes files with the Go types of the programs that read them in a cluster, and reports unknown fields:
// misspelled and misplaced fields are errors instead of being ignored.
//
//	strict FILE...    a dashboard of Grafana (.json), or documents of PodMonitor and PrometheusRule (.yaml)
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	failed := false
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if filepath.Ext(path) == ".json" {
		return checkDashboard(raw)
	}
	var found []error
	for _, document := range bytes.Split(raw, []byte("\n---\n")) {
		found = append(found, checkObject(document))
	}
	return errors.Join(found...)
}

func checkDashboard(raw []byte) error {
	plugins.RegisterDefaultPlugins() // the models of panels and of queries
	var read dashboard.Dashboard
	for _, err := range []error{read.UnmarshalJSONStrict(raw), read.Validate()} {
		if err != nil && err.Error() != "" { // an error without a text means that a part is valid
			return err
		}
	}
	return nil
}

func checkObject(raw []byte) error {
	var object struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(raw, &object); err != nil {
		return err
	}
	types := map[string]any{
		monitoringv1.PodMonitorsKind:    &monitoringv1.PodMonitor{},
		monitoringv1.PrometheusRuleKind: &monitoringv1.PrometheusRule{},
	}
	into, known := types[object.Kind]
	if !known {
		return fmt.Errorf("there is no type for kind %q", object.Kind)
	}
	return yaml.UnmarshalStrict(raw, into)
}
