// Command controller issues and renews certificates: the controllers of cert-manager with its issuers `ca` and
// `selfSigned`. ACME, Vault and Venafi are left out: they need a service outside the cluster, and their clients are
// most of what upstream's program is made of. Its flags are those of upstream's that this platform uses.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/component-base/logs"

	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
)

const (
	metricsAddress = "0.0.0.0:9402"
	healthAddress  = "0.0.0.0:9403"
	workers        = 5
	lease          = 60 * time.Second
	renew          = 40 * time.Second
	retry          = 15 * time.Second
	grace          = 20 * time.Second
	goodbye        = 5 * time.Second
)

type settings struct {
	resources string
	leases    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	logf.InitLogs()
	defer logs.FlushLogs()
	if err := run(logf.NewContext(ctx, logf.Log, "controller"), flags()); err != nil && !errors.Is(err, context.Canceled) {
		logf.Log.Error(err, "the controller ends")
		logs.FlushLogs()
		os.Exit(1)
	}
}

// flags reads the command line. What only ACME needs is taken and not used, so that one set of arguments fits both
// upstream's program and this one.
func flags() settings {
	set := pflag.NewFlagSet("controller", pflag.ExitOnError)
	found := settings{}
	set.StringVar(&found.resources, "cluster-resource-namespace", "kube-system", "namespace of the secrets of cluster issuers")
	set.StringVar(&found.leases, "leader-election-namespace", "kube-system", "namespace of the lease")
	set.String("acme-http01-solver-image", "", "not used: ACME is left out")
	set.Int("max-concurrent-challenges", 0, "not used: ACME is left out")
	set.IntP("v", "v", 2, "not used: the level is that of the release's chart")
	_ = set.Parse(os.Args[1:]) // ends the program by itself where it fails
	return found
}

func run(ctx context.Context, found settings) error {
	group, ctx := errgroup.WithContext(ctx)
	factory, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: found.resources},
		CertificateOptions: controller.CertificateOptions{
			CopiedAnnotationPrefixes:                 []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	})
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	health := healthz.NewServer(grace)
	if err := serve(ctx, group, shared, health); err != nil {
		return err
	}
	elected := make(chan struct{})
	group.Go(func() error { return lead(ctx, factory, found.leases, health, elected) })
	select {
	case <-ctx.Done():
		return group.Wait()
	case <-elected:
	}
	if err := start(ctx, group, factory, shared); err != nil {
		return err
	}
	return group.Wait()
}

// serve answers for metrics and for liveness.
func serve(ctx context.Context, group *errgroup.Group, shared *controller.Context, health *healthz.Server) error {
	listen := net.ListenConfig{}
	measured, err := listen.Listen(ctx, "tcp", metricsAddress)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	asked, err := listen.Listen(ctx, "tcp", healthAddress)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	known := shared.SharedInformerFactory.Certmanager().V1()
	shared.Metrics.SetupCertificateCollector(known.Certificates().Lister())
	shared.Metrics.SetupIssuerCollector(known.Issuers().Lister())
	shared.Metrics.SetupClusterIssuerCollector(known.ClusterIssuers().Lister())
	metrics := shared.Metrics.NewServer(measured)
	group.Go(func() error { return health.Start(ctx, asked) })
	group.Go(func() error {
		if err := metrics.Serve(measured); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		return metrics.Shutdown(last)
	})
	return nil
}

// lead holds the lease of the one controller that works. It returns an error when the lease is lost.
func lead(ctx context.Context, factory *controller.ContextFactory, namespace string, health *healthz.Server, elected chan<- struct{}) error {
	own, err := factory.Build("leader-election")
	if err != nil {
		return err
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, "cert-manager-controller",
		own.Client.CoreV1(), own.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: name + "-external-cert-manager-controller", EventRecorder: own.Recorder})
	if err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   lease,
		RenewDeadline:   renew,
		RetryPeriod:     retry,
		ReleaseOnCancel: true,
		WatchDog:        health.LeaderHealthzAdaptor,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(elected) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	elector.Run(ctx)
	if ctx.Err() == nil {
		return errors.New("the lease is lost")
	}
	return nil
}

// start runs every controller that this program has, then what they watch.
func start(ctx context.Context, group *errgroup.Group, factory *controller.ContextFactory, shared *controller.Context) error {
	for name, construct := range controller.Known() {
		made, err := construct(factory)
		if err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
		group.Go(func() error { return made.Run(workers, ctx) })
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	return nil
}
