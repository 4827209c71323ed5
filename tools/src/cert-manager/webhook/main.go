// Command webhook checks and completes objects of cert-manager before they are stored. Its flags are upstream's.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/cert-manager/cert-manager/internal/apis/config/webhook/validation"
	"github.com/cert-manager/cert-manager/internal/webhook"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	utilfeature "github.com/cert-manager/cert-manager/pkg/util/feature"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
	"github.com/spf13/pflag"
	"k8s.io/component-base/logs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	logf.InitLogs()
	defer logs.FlushLogs()
	if err := run(logf.NewContext(ctx, logf.Log, "webhook")); err != nil && !errors.Is(err, context.Canceled) {
		logf.Log.Error(err, "the webhook ends")
		logs.FlushLogs()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	config, err := options.NewWebhookConfiguration()
	if err != nil {
		return err
	}
	set := pflag.NewFlagSet("webhook", pflag.ExitOnError)
	options.AddConfigFlags(set, config)
	if err := set.Parse(os.Args[1:]); err != nil {
		return err
	}
	if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(config.FeatureGates); err != nil {
		return err
	}
	if found := validation.ValidateWebhookConfiguration(config, nil); len(found) > 0 {
		return found.ToAggregate()
	}
	if err := logf.ValidateAndApply(&config.Logging); err != nil {
		return err
	}
	server, err := webhook.NewCertManagerWebhookServer(logf.FromContext(ctx), *config)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
