// Verdicts evaluates the health of resources as GitOps tools do: with kstatus, with Flux's evaluator of
// healthCheckExprs, and with gopher-lua and the libraries that Argo CD opens for a health check.
//
// It reads one Question from standard input and prints an Answer for each of its resources, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// Question has the resources by name, and custom health checks.
type Question struct {
	Resources   map[string]json.RawMessage       `json:"resources"`
	Expressions kustomize.HealthCheckExpressions `json:"expressions"`
	Lua         string                           `json:"lua"`
}

// Answer has the verdict of each of them.
type Answer struct {
	Kstatus string            `json:"kstatus"`
	Flux    string            `json:"flux"`
	ArgoCD  map[string]string `json:"argocd"`
}

func main() {
	answers, err := ask(json.NewDecoder(os.Stdin))
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ask(input *json.Decoder) (map[string]Answer, error) {
	var question Question
	if err := input.Decode(&question); err != nil {
		return nil, err
	}
	evaluator, err := cel.NewStatusEvaluator(&question.Expressions)
	if err != nil {
		return nil, err
	}
	answers := map[string]Answer{}
	for name, raw := range question.Resources {
		resource := &unstructured.Unstructured{}
		if err := resource.UnmarshalJSON(raw); err != nil { // keeps integers as integers, which kstatus requires
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		byRules, err := status.Compute(resource)
		if err != nil {
			return nil, fmt.Errorf("kstatus of %s: %w", name, err)
		}
		byExpressions, err := evaluator.Evaluate(context.Background(), resource)
		if err != nil {
			return nil, fmt.Errorf("healthCheckExprs of %s: %w", name, err)
		}
		byScript, err := health(question.Lua, resource.Object)
		if err != nil {
			return nil, fmt.Errorf("health.lua of %s: %w", name, err)
		}
		answers[name] = Answer{byRules.Status.String(), byExpressions.Status.String(), byScript}
	}
	return answers, nil
}

// health runs a script like util/lua/lua.go of Argo CD without useOpenLibs, and without any function of os.
func health(script string, resource map[string]any) (map[string]string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		call := lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}
		if err := state.CallByParam(call, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	state.SetGlobal("obj", value(state, resource))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	table, is := state.Get(-1).(*lua.LTable)
	if !is {
		return nil, fmt.Errorf("the script returned %s, not a table", state.Get(-1).Type())
	}
	found := map[string]string{}
	table.ForEach(func(key, item lua.LValue) { found[key.String()] = item.String() })
	return found, nil
}

func value(state *lua.LState, from any) lua.LValue {
	switch from := from.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, item := range from {
			table.RawSetString(key, value(state, item))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range from {
			table.Append(value(state, item))
		}
		return table
	case string:
		return lua.LString(from)
	case bool:
		return lua.LBool(from)
	case int64:
		return lua.LNumber(from)
	case float64:
		return lua.LNumber(from)
	default:
		return lua.LNil
	}
}
